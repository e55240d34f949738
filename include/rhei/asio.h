// RuntimeOn: servers and channels on an event loop of your own, a standalone Asio io_context. Not part of rhei/rhei.h,
// because it needs Asio's headers: those of the version that rhei was built with.
#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "rhei/runtime.h"

namespace rhei::inline v0 {

// A runtime with one loop, which lives on `context` beside whatever else you have there; no thread is started but those
// of the pool, when they are needed. Of the options it takes PoolThreads and Log. Pass it to ServerOptions::UseRuntime
// and ChannelOptions::UseRuntime:
//
//     asio::io_context context(1);
//     std::shared_ptr<rhei::Runtime> runtime = rhei::RuntimeOn(context);
//     rhei::Server server(rhei::ServerOptions().UseRuntime(runtime));
//     server.Add(service).Listen("0.0.0.0:8090");
//     rhei::Status started = server.Start();
//     context.run();
//
// Call it on the thread that runs `context`; only that thread ever may. There, what blocks works as follows:
// - Outside of run(), Start and Stop of a server, its destructor and Wait on a call run the context, your handlers with
//   it, until they are done. What a handler of yours throws meanwhile comes out of your next run, and a context that
//   it stopped is left stopped.
// - In a handler of the context they would wait for themselves, and are refused with FAILED_PRECONDITION: give Start
//   and Stop a function to call. A server that is destroyed there stops behind your back.
// - Server::Run is always refused: it would wait for signals where the context is needed. Use an asio::signal_set.
// On other threads they wait for the thread that runs the context, and for ever if it does not.
//
// What rhei has open counts as work: run() returns when no server listens, no channel is left, and you have nothing
// to do either. `context` outlives the runtime, and every server, channel, call and handler on it: stop the servers
// first. Then destroying it closes what is left. The runtime itself may be dropped at any time, on any thread.
std::shared_ptr<Runtime> RuntimeOn(asio::io_context& context, RuntimeOptions options = RuntimeOptions());

}  // namespace rhei::inline v0
