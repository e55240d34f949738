// The official interoperability server, by @grpc/grpc-js. Usage:
//   node server.js --port=PORT [--max_concurrent_streams=STREAMS]
'use strict';

const { once } = require('node:events');
const { setTimeout: wait } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const { TestService, flags } = require('./protocol');

const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';

// The metadata of one key.
function only(key, metadata) {
  const copy = new grpc.Metadata();
  for (const value of metadata.get(key)) copy.add(key, value);
  return copy;
}

// The error that the request asks for, if it does.
function asked({ responseStatus }) {
  return responseStatus?.code ? { code: responseStatus.code, details: responseStatus.message } : null;
}

function emptyCall(call, callback) {
  callback(null, {});
}

function unaryCall(call, callback) {
  call.sendMetadata(only(INITIAL, call.metadata));
  const error = asked(call.request);
  if (error) return callback(error);
  callback(null, { payload: { body: Buffer.alloc(call.request.responseSize) } }, only(TRAILING, call.metadata));
}

async function sendResponses(call, { responseParameters }) {
  for (const { size, intervalUs, fillPeerSocketAddress } of responseParameters) {
    if (intervalUs) await wait(intervalUs / 1000);
    const response = { payload: { body: Buffer.alloc(size) } };
    if (fillPeerSocketAddress?.value) response.peerSocketAddress = call.getPeer();
    if (!call.write(response)) await once(call, 'drain');
  }
}

async function streamingOutputCall(call) {
  await sendResponses(call, call.request);
  call.end();
}

async function streamingInputCall(call, callback) {
  let size = 0;
  call.on('error', () => {}); // cancelled
  for await (const request of call) size += request.payload.body.length;
  callback(null, { aggregatedPayloadSize: size });
}

// Serves a stream of requests; it may break at any time, which ends it.
async function serveStream(call, handle) {
  call.on('error', () => {}); // cancelled
  try {
    for await (const request of call.iterator({ destroyOnReturn: false })) {
      const error = asked(request);
      if (error) return call.emit('error', error);
      await handle(request);
    }
    return null;
  } catch (broken) {
    return broken;
  }
}

async function fullDuplexCall(call) {
  call.sendMetadata(only(INITIAL, call.metadata));
  const ended = await serveStream(call, (request) => sendResponses(call, request));
  if (ended === null) call.end(only(TRAILING, call.metadata));
}

async function halfDuplexCall(call) {
  const held = [];
  const ended = await serveStream(call, (request) => held.push(request));
  if (ended !== null) return;
  for (const request of held) await sendResponses(call, request);
  call.end();
}

const streams = flags.max_concurrent_streams;
const server = new grpc.Server(streams ? { 'grpc.max_concurrent_streams': Number(streams) } : {});
server.addService(TestService.service, {
  emptyCall, unaryCall, streamingOutputCall, streamingInputCall, fullDuplexCall, halfDuplexCall,
});
server.bindAsync(`127.0.0.1:${flags.port}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
process.on('SIGTERM', () => process.exit(0));
