// The streams of the server, and how they ended.
'use strict';

const { once } = require('node:events');
const grpc = require('@grpc/grpc-js');

function resized(payload, size) {
  return Buffer.concat([payload], size);
}

function failed({ code, message, details }, metadata = new grpc.Metadata()) {
  if (details.length > 0) metadata.set('grpc-status-details-bin', details);
  return { code, details: message, metadata };
}

// How streams ended, by their ids: promises, and what resolves them.
const ends = new Map();

function endOf(id) {
  if (!ends.has(id)) {
    const end = {};
    end.told = new Promise((resolve) => { end.tell = resolve; });
    ends.set(id, end);
  }
  return ends.get(id);
}

// One stream. How it ended is what is told first.
class Stream {
  constructor(call) {
    this.call = call;
    this.messages = 0;
    this.id = '';
    this.over = new AbortController();
    call.on('cancelled', () => {
      this.tell('CANCELLED');
      this.over.abort();
    });
    call.on('error', () => {}); // "cancelled" tells
  }

  count(step) {
    this.id = step.id;
    ++this.messages;
  }

  tell(end) {
    if (this.id) endOf(this.id).tell({ end, messages: this.messages });
  }

  // Throws once the call is over.
  async sendPieces({ payload, replySizes }) {
    for (const size of replySizes) {
      this.over.signal.throwIfAborted();
      if (!this.call.write({ payload: resized(payload, size) })) {
        await once(this.call, 'drain', { signal: this.over.signal });
      }
    }
  }

  // Ends the call, if the step wants that or there are no more of them. Tells whether it did. `succeed` ends it with OK.
  end(step, succeed, isLast = false) {
    if (step?.failure?.code) {
      this.tell('FAILED');
      this.call.emit('error', failed(step.failure));
      return true;
    }
    if (!step?.finish && !isLast) return false;
    this.tell(step?.finish ? 'FINISHED' : 'COMPLETE');
    succeed();
    return true;
  }

  // Yields the steps; leaves the call open when the loop is left.
  steps() {
    return this.call.iterator({ destroyOnReturn: false });
  }
}

async function upload(call, callback) {
  const stream = new Stream(call);
  const reply = { messages: 0, bytes: 0 };
  for await (const step of stream.steps()) {
    stream.count(step);
    reply.messages = stream.messages;
    reply.bytes += step.payload.length;
    if (step.failure?.code) return callback(failed(step.failure));
    if (stream.end(step, () => callback(null, reply))) return;
  }
  stream.end(undefined, () => callback(null, reply), true);
}

async function download(call) {
  const stream = new Stream(call);
  const step = call.request;
  stream.count(step);
  do {
    await stream.sendPieces(step);
  } while (step.forever);
  stream.end(step, () => call.end(), true);
}

async function chat(call) {
  const stream = new Stream(call);
  let held;
  for await (const step of stream.steps()) {
    stream.count(step);
    if (step.hold) {
      held = step;
      continue;
    }
    await stream.sendPieces(step);
    if (stream.end(step, () => call.end())) return;
  }
  if (held) await stream.sendPieces(held);
  stream.end(held, () => call.end(), true);
}

async function seen(call, callback) {
  callback(null, await endOf(call.request.id).told);
}

// A handler that throws has been cancelled, which its client knows.
const untilCancelled = (handler) => (...args) => handler(...args).catch((error) => {
  if (error.name !== 'AbortError') throw error;
});

module.exports = {
  failed,
  resized,
  upload: untilCancelled(upload),
  download: untilCancelled(download),
  chat: untilCancelled(chat),
  seen,
};
