// The official interoperability client, by @grpc/grpc-js. Usage: node client.js --server_port=PORT --test_case=CASE
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const { TestService, UnimplementedService, flags } = require('./protocol');

const INITIAL = ['x-grpc-test-echo-initial', 'test_initial_metadata_value'];
const TRAILING = ['x-grpc-test-echo-trailing-bin', Buffer.from('ababab', 'hex')];
const REQUEST_SIZES = [27182, 8, 1828, 45904];
const RESPONSE_SIZES = [31415, 9, 2653, 58979];
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const MILLISECONDS = 50_000;

const address = `${flags.server_host}:${flags.server_port}`;
const credentials = grpc.credentials.createInsecure();
// A channel of its own connection, though there are others to the same address.
const connect = () => new TestService(address, credentials, { 'grpc.use_local_subchannel_pool': 1 });
const stub = connect();

const payload = (size) => ({ body: Buffer.alloc(size) });
const outputRequest = (size, responseSizes) =>
  ({ payload: payload(size), responseParameters: responseSizes.map((responseSize) => ({ size: responseSize })) });

// Follows a call to its end. Resolves to its headers, status and the sizes of its responses; `onResponse` is called for
// each.
function follow(call, onResponse = () => {}) {
  return new Promise((resolve) => {
    const outcome = { sizes: [] };
    call.on('metadata', (headers) => { outcome.headers = headers; });
    call.on('error', () => {}); // the status tells
    call.on('status', (status) => resolve({ ...outcome, status }));
    call.on('data', (response) => {
      outcome.sizes.push(response.payload.body.length);
      onResponse(outcome.sizes.length);
    });
  });
}

// Makes a call with one response. Resolves to headers, status and response, whether it failed or not.
function single(client, method, request, metadata = new grpc.Metadata(), after = () => {}) {
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + MILLISECONDS };
    const outcome = {};
    const callback = (_, response) => { outcome.response = response; };
    const call = request === null ? client[method](metadata, options, callback) :
      client[method](request, metadata, options, callback);
    call.on('metadata', (headers) => { outcome.headers = headers; });
    // The callback comes after this event.
    call.on('status', (status) => setImmediate(() => resolve({ ...outcome, status })));
    after(call);
  });
}

function duplex(metadata = new grpc.Metadata(), milliseconds = MILLISECONDS) {
  return stub.fullDuplexCall(metadata, { deadline: Date.now() + milliseconds });
}

function expectStatus({ status }, code, message = undefined) {
  assert.equal(grpc.status[status.code], grpc.status[code], `the status: ${status.details}`);
  if (message !== undefined) assert.equal(status.details, message);
}

async function large(client) {
  const request = { responseSize: 314159, payload: payload(271828) };
  const outcome = await single(client, 'unaryCall', request);
  expectStatus(outcome, 0);
  assert.ok(Buffer.alloc(314159).equals(outcome.response.payload.body), 'the payload is not 314,159 zeros');
}

function expectEcho({ headers, status }) {
  assert.deepEqual(headers.get(INITIAL[0]), [INITIAL[1]]);
  assert.deepEqual(status.metadata.get(TRAILING[0]), [TRAILING[1]]);
}

async function soak(client) {
  const begin = performance.now();
  await large(client());
  const took = performance.now() - begin;
  const most = Number(flags.soak_per_iteration_max_acceptable_latency_ms);
  assert.ok(took <= most, `expected a call of at most ${most} ms, took ${took}`);
}

const CASES = {
  async empty_unary() {
    const outcome = await single(stub, 'emptyCall', {});
    expectStatus(outcome, 0);
    assert.deepEqual({ ...outcome.response }, {});
  },

  large_unary: () => large(stub),

  async client_streaming() {
    const outcome = await single(stub, 'streamingInputCall', null, undefined, (call) => {
      for (const size of REQUEST_SIZES) call.write({ payload: payload(size) });
      call.end();
    });
    expectStatus(outcome, 0);
    assert.equal(outcome.response.aggregatedPayloadSize, 74922);
  },

  async server_streaming() {
    const outcome = await follow(stub.streamingOutputCall(outputRequest(0, RESPONSE_SIZES)));
    expectStatus(outcome, 0);
    assert.deepEqual(outcome.sizes, RESPONSE_SIZES);
  },

  async ping_pong() {
    const call = duplex();
    const send = (i) => {
      if (i === REQUEST_SIZES.length) return call.end();
      call.write(outputRequest(REQUEST_SIZES[i], [RESPONSE_SIZES[i]]));
    };
    send(0);
    const outcome = await follow(call, send);
    expectStatus(outcome, 0);
    assert.deepEqual(outcome.sizes, RESPONSE_SIZES);
  },

  async empty_stream() {
    const call = duplex();
    call.end();
    const outcome = await follow(call);
    expectStatus(outcome, 0);
    assert.deepEqual(outcome.sizes, []);
  },

  async custom_metadata() {
    const metadata = new grpc.Metadata();
    for (const [key, value] of [INITIAL, TRAILING]) metadata.set(key, value);
    expectEcho(await single(stub, 'unaryCall', { responseSize: 314159, payload: payload(271828) }, metadata));
    const call = duplex(metadata);
    call.write(outputRequest(271828, [314159]));
    call.end();
    const outcome = await follow(call);
    expectStatus(outcome, 0);
    expectEcho(outcome);
  },

  async status_code_and_message() {
    const responseStatus = { code: 2, message: 'test status message' };
    expectStatus(await single(stub, 'unaryCall', { responseStatus }), 2, responseStatus.message);
    const call = duplex();
    call.write({ responseStatus });
    call.end();
    expectStatus(await follow(call), 2, responseStatus.message);
  },

  async special_status_message() {
    expectStatus(await single(stub, 'unaryCall', { responseStatus: { code: 2, message: SPECIAL } }), 2, SPECIAL);
  },

  async unimplemented_method() {
    expectStatus(await single(stub, 'unimplementedCall', {}), grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service() {
    const client = new UnimplementedService(address, credentials);
    expectStatus(await single(client, 'unimplementedCall', {}), grpc.status.UNIMPLEMENTED);
  },

  async cancel_after_begin() {
    const outcome = await single(stub, 'streamingInputCall', null, undefined, (call) => call.cancel());
    expectStatus(outcome, grpc.status.CANCELLED);
  },

  async cancel_after_first_response() {
    const call = duplex();
    call.write(outputRequest(27182, [31415]));
    const outcome = await follow(call, () => call.cancel());
    expectStatus(outcome, grpc.status.CANCELLED);
    assert.deepEqual(outcome.sizes, [31415]);
  },

  async timeout_on_sleeping_server() {
    const call = duplex(undefined, 1);
    call.write(outputRequest(27182, []));
    expectStatus(await follow(call), grpc.status.DEADLINE_EXCEEDED);
  },

  async rpc_soak() {
    for (let i = 0; i < Number(flags.soak_iterations); ++i) await soak(() => stub);
  },

  async channel_soak() {
    for (let i = 0; i < Number(flags.soak_iterations); ++i) {
      const client = connect();
      await soak(() => client);
      client.close();
    }
  },
};

async function run() {
  try {
    await CASES[flags.test_case]();
    process.exit(0);
  } catch (failure) {
    console.log(failure.message.replaceAll('\n', ' '));
    process.exit(1);
  }
}

run();
