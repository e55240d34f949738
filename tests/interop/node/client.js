// The client of the interoperability tests, by @grpc/grpc-js. Usage: node client.js ADDRESS CALLS CASE...
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const { ask, DETAILS, pattern, resized } = require('./client_common');
const streams = require('./client_streams');
const { Interop } = require('./protocol');

const TEXT = '\t\nтакого місця немає · 北極の北 · 🧭 100%\r\n';

const [address, calls, ...names] = process.argv.slice(2);
const stub = new Interop(address, grpc.credentials.createInsecure());

// Makes a call. Resolves, whether it failed or not, to what came of it: error, reply, headers, trailers.
function call(method, request, { metadata = new grpc.Metadata(), waitForReady = false } = {}) {
  metadata.setOptions({ waitForReady });
  return new Promise((resolve) => {
    const outcome = {};
    const deadline = Date.now() + 30_000;
    stub[method](request, metadata, { deadline }, (error, reply) => Object.assign(outcome, { error, reply }))
      .on('metadata', (headers) => { outcome.headers = headers; })
      .on('status', (status) => {
        outcome.trailers = status.metadata;
        // The callback above comes after this event.
        setImmediate(resolve, outcome);
      });
  });
}

async function succeed(...args) {
  const outcome = await call(...args);
  if (outcome.error) throw outcome.error;
  return outcome;
}

async function fail(code, message, details = Buffer.alloc(0)) {
  const { error } = await call('echo', { failure: { code, message, details } });
  assert.ok(error, `the call that asked for code ${code} did not fail`);
  return error;
}

async function empty() {
  await succeed('nothing', {});
}

// A payload goes, one of `replySize` comes.
async function large(size, replySize) {
  const payload = pattern(size);
  const { reply } = await succeed('echo', { payload, replySize });
  assert.ok(resized(payload, replySize).equals(reply.payload), 'another payload came back');
}

async function codes() {
  await succeed('echo', { failure: { code: 0 } });
  for (let code = 1; code <= 16; ++code) {
    const error = await fail(code, `code ${code}`);
    assert.equal(error.code, code);
    assert.equal(error.details, `code ${code}`);
  }
}

async function unicode() {
  const error = await fail(2, TEXT);
  assert.equal(error.details, TEXT);
}

async function details() {
  const error = await fail(9, 'not while it rains', DETAILS);
  assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
  assert.deepEqual(error.metadata.get('grpc-status-details-bin'), [DETAILS]);
}

async function metadata() {
  const text = ['first', 'second', 'third'];
  const binary = [Buffer.from('\x00\x01\xfe\xff,\n', 'latin1'), Buffer.from('second!'), Buffer.from('thirds!!')];
  const sent = new grpc.Metadata();
  for (let i = 0; i < text.length; ++i) {
    sent.add('x-text', text[i]);
    sent.add('x-bytes-bin', binary[i]);
  }
  const { headers, trailers } = await succeed('echo', {}, { metadata: sent });
  for (const [where, came] of Object.entries({ headers, trailers })) {
    // Node joins values of ASCII keys by commas, as PROTOCOL-HTTP2.md allows (Custom-Metadata).
    assert.deepEqual(came.get('x-text').join(',').split(/, ?/), text, `x-text differs in the ${where}`);
    assert.deepEqual(came.get('x-bytes-bin'), binary, `x-bytes-bin differs in the ${where}`);
  }
}

async function atOnce() {
  const echo = async (i) => {
    const payload = Buffer.from(String(i));
    const { reply } = await succeed('echo', { payload, meeting: Number(calls) });
    assert.ok(payload.equals(reply.payload), 'a call got the reply of another');
    return reply.peer;
  };
  const peers = new Set(await Promise.all(Array.from({ length: Number(calls) }, (_, i) => echo(i))));
  assert.equal(peers.size, 1, `the calls came over ${peers.size} connections`);
}

async function restart() {
  await succeed('nothing', {});
  await ask('stop the server');
  const { error } = await call('nothing', {});
  assert.equal(error?.code, grpc.status.UNAVAILABLE, `without a server: ${error?.message ?? 'OK'}`);
  const waiting = succeed('nothing', {}, { waitForReady: true });
  console.log('start the server');
  await waiting;
}

const CASES = {
  empty_unary: empty,
  large_unary: () => large(271828, 314159),
  large: () => large(1 << 20, 1 << 20),
  codes,
  unicode,
  details,
  metadata,
  at_once: atOnce,
  restart,
  ...streams(stub, 10 * Number(calls), () => succeed('nothing', {}, { waitForReady: true })),
};

async function run() {
  let failures = 0;
  for (const name of names) {
    try {
      await CASES[name]();
      console.log(`${name} ok`);
    } catch (failure) {
      console.log(`${name} FAILED: ${failure.message.replaceAll('\n', ' ')}`);
      ++failures;
    }
  }
  process.exit(failures === 0 ? 0 : 1);
}

run();
