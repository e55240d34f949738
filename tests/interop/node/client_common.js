// What the cases of the client share.
'use strict';

const readline = require('node:readline');

// A google.rpc.Status of code 9 with a Duration of 90 s in its details.
const DETAILS = Buffer.from('\x08\x09\x12\x12not while it rains' +
  '\x1a\x32\x0a\x2ctype.googleapis.com/google.protobuf.Duration\x12\x02\x08\x5a', 'latin1');

// Bytes that differ from their neighbours.
function pattern(size) {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));
}

// A payload as the server makes it of a request's.
function resized(payload, size) {
  return Buffer.concat([payload], size);
}

// Asks the runner for something; resolves when it is done.
function ask(what) {
  const input = readline.createInterface({ input: process.stdin });
  console.log(what);
  return new Promise((resolve) => input.once('line', resolve)).finally(() => input.close());
}

module.exports = { ask, DETAILS, pattern, resized };
