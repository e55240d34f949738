// Calls inside of a process: a channel to a server of the same process, without sockets.
#pragma once

#include "rhei/channel.h"
#include "rhei/server.h"

namespace rhei::inline v0 {

// A channel to this server, started or not yet; the server may go first. Calls are as over a network in all but speed:
// metadata, deadlines, cancellation, status, flow control and limits on sizes hold; but a message whose type both sides
// know alike is copied, not serialised, and the handler runs on the server's loop, never on the caller's stack.
//
//     rhei::Server server;
//     server.Add(weather).Listen(rhei::kInProcess);
//     if (!server.Start()) ...
//     Weather::Stub stub(rhei::ConnectInProcess(server));
//
// Of the options, what is about connections has no meaning here.
Channel ConnectInProcess(const Server& server, ChannelOptions options = ChannelOptions());

}  // namespace rhei::inline v0
