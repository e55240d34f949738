// The streams of the server, and how they ended.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "interop.rhei.h"
#include "rhei/rhei.h"

// How streams ended, by their ids. Any thread.
class Ends {
 public:
  void Tell(const std::string& id, const interop::SeenReply& how);
  // The task ends when the stream has. At most one waits for each.
  rhei::Task<rhei::Result<interop::SeenReply>> WaitFor(const std::string& id);

 private:
  std::mutex mutex_;
  std::map<std::string, interop::SeenReply> ends_;
  std::map<std::string, rhei::Promise<interop::SeenReply>> waiting_;
};

class StreamService : public interop::Interop::Service {
  rhei::Task<rhei::Result<interop::UploadReply>> Upload(rhei::ServerContext& context,
                                                        rhei::Reader<interop::Step>& reader) final;
  rhei::Task<rhei::Status> Download(rhei::ServerContext& context, const interop::Step& step,
                                    rhei::Writer<interop::Piece>& writer) final;
  rhei::Task<rhei::Status> Chat(rhei::ServerContext& context, rhei::Reader<interop::Step>& reader,
                                rhei::Writer<interop::Piece>& writer) final;
  rhei::Task<rhei::Result<interop::SeenReply>> Seen(rhei::ServerContext& context,
                                                    const interop::SeenRequest& request) final;

  Ends ends_;
};

rhei::Error ToError(const interop::Failure& failure);
