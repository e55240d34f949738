// The cases with streams.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const grpc = require('@grpc/grpc-js');
const { ask, DETAILS, pattern, resized } = require('./client_common');

// One call: its pieces in their order, its status, and writes that wait for their turn.
class Stream {
  constructor(call) {
    this.call = call;
    this.over = false;
    this.status = new Promise((resolve) => call.on('status', resolve)).finally(() => { this.over = true; });
    call.on('error', () => {}); // the status tells
    this.pieces = call[Symbol.asyncIterator]?.();
  }

  async write(step) {
    if (!this.call.write(step)) await Promise.race([once(this.call, 'drain'), this.status]);
  }

  async expectPiece(payload) {
    const { done, value } = await this.pieces.next();
    assert.ok(!done, `the replies ended early: ${payload.length} bytes were to come`);
    assert.ok(payload.equals(value.payload), `another payload came than the one of ${payload.length} bytes`);
  }

  // Writes a step and reads the one reply to it.
  async talk(step) {
    await this.write(step);
    await this.expectPiece(resized(step.payload, step.replySizes[0]));
  }

  async expectEnd() {
    const { done } = await this.pieces.next();
    assert.ok(done, 'there were more replies than asked for');
    await this.expectCode(grpc.status.OK);
  }

  async expectCode(code) {
    // The status comes behind all replies.
    if (this.pieces) this.drain().catch(() => {});
    const status = await this.status;
    assert.equal(status.code, code, `got code ${status.code} '${status.details}'`);
    return status;
  }

  async drain() {
    while (!(await this.pieces.next()).done);
  }

  async expectFailure() {
    const { details, metadata } = await this.expectCode(grpc.status.FAILED_PRECONDITION);
    assert.equal(details, 'not while it rains');
    assert.deepEqual(metadata.get('grpc-status-details-bin'), [DETAILS]);
  }
}

const soon = (milliseconds = 30_000) => ({ deadline: Date.now() + milliseconds });

module.exports = (stub, messages, callNothing) => {
  const chat = (options = soon()) => new Stream(stub.chat(options));
  const download = (step, options = soon()) => new Stream(stub.download(step, options));

  async function expectSeen(id, ends, count) {
    const seen = await new Promise((resolve, reject) => {
      stub.seen({ id }, soon(), (error, reply) => (error ? reject(error) : resolve(reply)));
    });
    const good = ends.includes(seen.end) && seen.messages === count;
    assert.ok(good, `the server saw ${JSON.stringify(seen)}`);
  }

  async function clientStreaming() {
    let reply;
    const upload = new Stream(stub.upload(soon(), (_, received) => { reply = received; }));
    for (const size of [27182, 8, 1828, 45904]) await upload.write({ payload: pattern(size) });
    upload.call.end();
    await upload.expectCode(grpc.status.OK);
    await new Promise(setImmediate); // the callback comes after the status
    assert.deepEqual([reply.messages, Number(reply.bytes)], [4, 74922], `the server got ${JSON.stringify(reply)}`);
  }

  async function serverStreaming() {
    const step = { payload: pattern(1000), replySizes: [31415, 9, 2653, 58979] };
    const stream = download(step);
    for (const size of step.replySizes) await stream.expectPiece(resized(step.payload, size));
    await stream.expectEnd();
  }

  async function pingPong() {
    const stream = chat();
    for (const [size, replySize] of [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]]) {
      await stream.talk({ payload: pattern(size), replySizes: [replySize] });
    }
    stream.call.end();
    await stream.expectEnd();
  }

  async function emptyStream() {
    const stream = chat();
    stream.call.end();
    await stream.expectEnd();
  }

  async function clientFirst() {
    const stream = chat();
    const step = { id: 'client_first', payload: pattern(1000), replySizes: [10, 20, 30], hold: true };
    await stream.write(step);
    stream.call.end();
    for (const size of step.replySizes) await stream.expectPiece(resized(step.payload, size));
    await stream.expectEnd();
    await expectSeen(step.id, ['COMPLETE'], 1);
  }

  async function serverFirst() {
    const stream = chat();
    await stream.talk({ id: 'server_first', payload: pattern(10), replySizes: [10], finish: true });
    await stream.expectEnd();
    await expectSeen('server_first', ['FINISHED'], 1);
  }

  async function bothAtOnce() {
    for (let i = 0; i < 50; ++i) {
      const stream = chat();
      stream.call.end({ payload: pattern(10), replySizes: [10], finish: true });
      await stream.expectPiece(pattern(10));
      await stream.expectEnd();
    }
  }

  async function manyMessages() {
    const stream = chat();
    const payloadOf = (i) => Buffer.from(String(i));
    async function write() {
      for (let i = 0; i < messages; ++i) {
        const payload = payloadOf(i);
        await stream.write({ id: 'many_messages', payload, replySizes: [payload.length] });
      }
      stream.call.end();
    }
    async function read() {
      for (let i = 0; i < messages; ++i) await stream.expectPiece(payloadOf(i));
    }
    await Promise.all([write(), read()]);
    await stream.expectEnd();
    await expectSeen('many_messages', ['COMPLETE'], messages);
  }

  async function serverFails() {
    const failure = { code: 9, message: 'not while it rains', details: DETAILS };
    const step = { payload: pattern(1000), replySizes: [10, 20], failure };
    const stream = download(step);
    await stream.expectPiece(pattern(10));
    await stream.expectPiece(pattern(20));
    await stream.expectFailure();

    const upload = new Stream(stub.upload(soon(), () => {}));
    for (let i = 0; i < 2; ++i) await upload.write({ payload: pattern(1000) });
    while (!upload.over) {
      await upload.write(step);
      await new Promise(setImmediate); // so that Node reads, too
    }
    await upload.expectFailure();
  }

  // A chat whose server waits for more steps, when it ends in its middle.
  async function endChat(id, options, end, code) {
    const stream = chat(options);
    await stream.talk({ id, payload: pattern(10), replySizes: [10] });
    end(stream.call);
    await stream.expectCode(code);
    // Node ends its direction well before it resets a stream.
    await expectSeen(id, ['CANCELLED', 'COMPLETE'], 1);
  }

  // A download without an end, when it ends in its middle.
  async function endDownload(id, options, end, code) {
    const step = { id, payload: pattern(1000), replySizes: [1000], forever: true };
    const stream = download(step, options);
    for (let i = 0; i < 10; ++i) await stream.expectPiece(step.payload);
    end(stream.call);
    await stream.expectCode(code);
    await expectSeen(id, ['CANCELLED'], 1);
  }

  async function cancel() {
    await endChat('cancel chat', soon(), (call) => call.cancel(), grpc.status.CANCELLED);
    await endDownload('cancel download', soon(), (call) => call.cancel(), grpc.status.CANCELLED);
  }

  async function deadline() {
    await endChat('deadline chat', soon(1000), () => {}, grpc.status.DEADLINE_EXCEEDED);
    await endDownload('deadline download', soon(1000), () => {}, grpc.status.DEADLINE_EXCEEDED);
  }

  async function killed() {
    const stream = chat();
    await stream.talk({ payload: pattern(10), replySizes: [10] });
    await ask('kill the server');
    await stream.expectCode(grpc.status.UNAVAILABLE);
    const waiting = callNothing();
    console.log('start the server');
    await waiting;
  }

  return {
    client_streaming: clientStreaming,
    server_streaming: serverStreaming,
    ping_pong: pingPong,
    empty_stream: emptyStream,
    client_first: clientFirst,
    server_first: serverFirst,
    both_at_once: bothAtOnce,
    many_messages: manyMessages,
    server_fails: serverFails,
    cancel,
    deadline,
    killed,
  };
};
