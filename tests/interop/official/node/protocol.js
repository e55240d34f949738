// grpc.testing, loaded as it is.
'use strict';

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync(path.join(__dirname, 'test.proto'), { defaults: true, includeDirs: [__dirname] });

// The flags: "--name=value".
const flags = Object.fromEntries(process.argv.slice(2).map((argument) => argument.replace('--', '').split('=')));

module.exports = { ...grpc.loadPackageDefinition(definition).grpc.testing, flags };
