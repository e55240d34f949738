// The server of the interoperability tests, by @grpc/grpc-js. Usage: node server.js [PORT]
'use strict';

const grpc = require('@grpc/grpc-js');
const { Interop } = require('./protocol');
const { failed, resized, ...streams } = require('./server_streams');

function nothing(call, callback) {
  callback(null, {});
}

// The metadata of "x-" keys.
function echoed(metadata) {
  const copy = new grpc.Metadata();
  for (const key of Object.keys(metadata.getMap())) {
    if (!key.startsWith('x-')) continue;
    for (const value of metadata.get(key)) copy.add(key, value);
  }
  return copy;
}

let waiting = [];

// Calls `answer` once so many wait here.
function meet(size, answer) {
  waiting.push(answer);
  if (waiting.length < size) return;
  const complete = waiting;
  waiting = [];
  for (const guest of complete) guest();
}

function echo(call, callback) {
  const { failure, meeting, replySize } = call.request;
  const payload = replySize ? resized(call.request.payload, replySize) : call.request.payload;
  call.sendMetadata(echoed(call.metadata));
  if (failure?.code) return callback(failed(failure, echoed(call.metadata)));
  const answer = () => callback(null, { payload, peer: call.getPeer() }, echoed(call.metadata));
  if (meeting > 0) return meet(meeting, answer);
  answer();
}

const server = new grpc.Server();
server.addService(Interop.service, { nothing, echo, ...streams });
server.bindAsync(`127.0.0.1:${process.argv[2] ?? 0}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on ${port}`);
});
process.on('SIGTERM', () => server.tryShutdown(() => process.exit(0)));
