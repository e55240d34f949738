// The service of interop.proto, loaded as it is.
'use strict';

const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const definition = protoLoader.loadSync(path.join(__dirname, 'interop.proto'), { defaults: true, enums: String });

module.exports = grpc.loadPackageDefinition(definition).interop;
