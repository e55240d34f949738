//! The cases with streams.

use std::time::Duration;

use interop::seen_reply::End;
use interop::{Failure, Piece, SeenRequest, Step};
use tokio::sync::mpsc;
use tokio::time;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming};

use crate::{Client, DETAILS, Outcome, ask, pattern, require, resized};

/// Both directions of a chat.
struct Chat {
    steps: mpsc::Sender<Step>,
    pieces: Streaming<Piece>,
}

fn step(payload: Vec<u8>, reply_sizes: &[u32]) -> Step {
    Step { payload, reply_sizes: reply_sizes.into(), ..Default::default() }
}

async fn expect_piece(pieces: &mut Streaming<Piece>, payload: Vec<u8>) -> Outcome {
    let Some(piece) = pieces.message().await? else {
        return Err(format!("the replies ended early: {} bytes were to come", payload.len()).into());
    };
    require(piece.payload == payload, format!("another payload came than the one of {} bytes", payload.len()))
}

async fn expect_end(pieces: &mut Streaming<Piece>) -> Outcome {
    require(pieces.message().await?.is_none(), "there were more replies than asked for")
}

/// The error that ends a stream, behind all replies.
async fn error_of(pieces: &mut Streaming<Piece>) -> Status {
    loop {
        match pieces.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return Status::ok("the stream ended well"),
            Err(status) => return status,
        }
    }
}

fn expect_failure(status: Status) -> Outcome {
    let good = status.code() == Code::FailedPrecondition && status.message() == "not while it rains";
    require(good && status.details() == DETAILS, format!("got {status:?}"))
}

impl Client {
    /// Opens a chat. tonic returns once the server has sent its headers, which may be with its first reply, so the first
    /// step goes ahead.
    async fn chat(&mut self, first: Step) -> Result<Chat, Status> {
        let (steps, receiver) = mpsc::channel(1);
        steps.try_send(first).expect("there is room for one");
        let pieces = self.stub.chat(ReceiverStream::new(receiver)).await?.into_inner();
        Ok(Chat { steps, pieces })
    }

    async fn expect_seen(&mut self, id: &str, ends: &[End], messages: u32) -> Outcome {
        let seen = self.stub.seen(SeenRequest { id: id.into() }).await?.into_inner();
        let good = ends.contains(&seen.end()) && seen.messages == messages;
        require(good, format!("the server saw {seen:?}"))
    }

    async fn client_streaming(&mut self) -> Outcome {
        let steps: Vec<Step> = [27182, 8, 1828, 45904].map(|size| step(pattern(size), &[])).into();
        let reply = self.stub.upload(tokio_stream::iter(steps)).await?.into_inner();
        require(reply.messages == 4 && reply.bytes == 74922, format!("the server got {reply:?}"))
    }

    async fn server_streaming(&mut self) -> Outcome {
        let sizes = [31415, 9, 2653, 58979];
        let mut pieces = self.stub.download(step(pattern(1000), &sizes)).await?.into_inner();
        for size in sizes {
            expect_piece(&mut pieces, resized(pattern(1000), size)).await?;
        }
        expect_end(&mut pieces).await
    }

    async fn ping_pong(&mut self) -> Outcome {
        let mut chat = self.chat(step(pattern(27182), &[31415])).await?;
        expect_piece(&mut chat.pieces, resized(pattern(27182), 31415)).await?;
        for (size, reply_size) in [(8, 9), (1828, 2653), (45904, 58979)] {
            chat.steps.send(step(pattern(size), &[reply_size])).await?;
            expect_piece(&mut chat.pieces, resized(pattern(size), reply_size)).await?;
        }
        drop(chat.steps);
        expect_end(&mut chat.pieces).await
    }

    async fn empty_stream(&mut self) -> Outcome {
        let mut pieces = self.stub.chat(tokio_stream::empty()).await?.into_inner();
        expect_end(&mut pieces).await
    }

    async fn client_first(&mut self) -> Outcome {
        let only = Step { id: "client_first".into(), hold: true, ..step(pattern(1000), &[10, 20, 30]) };
        let mut pieces = self.stub.chat(tokio_stream::once(only)).await?.into_inner();
        for size in [10, 20, 30] {
            expect_piece(&mut pieces, pattern(size)).await?;
        }
        expect_end(&mut pieces).await?;
        self.expect_seen("client_first", &[End::Complete], 1).await
    }

    async fn server_first(&mut self) -> Outcome {
        let mut chat = self.chat(Step { id: "server_first".into(), finish: true, ..step(pattern(10), &[10]) }).await?;
        expect_piece(&mut chat.pieces, pattern(10)).await?;
        expect_end(&mut chat.pieces).await?;
        self.expect_seen("server_first", &[End::Finished], 1).await
    }

    async fn both_at_once(&mut self) -> Outcome {
        for _ in 0..50 {
            let only = Step { finish: true, ..step(pattern(10), &[10]) };
            let mut pieces = self.stub.chat(tokio_stream::once(only)).await?.into_inner();
            expect_piece(&mut pieces, pattern(10)).await?;
            expect_end(&mut pieces).await?;
        }
        Ok(())
    }

    async fn many_messages(&mut self) -> Outcome {
        let messages = 10 * self.calls;
        let step_of = |i: u32| {
            let payload = i.to_string().into_bytes();
            let reply_size = payload.len() as u32;
            Step { id: "many_messages".into(), ..step(payload, &[reply_size]) }
        };
        let Chat { steps, mut pieces } = self.chat(step_of(0)).await?;
        let writer = tokio::spawn(async move {
            for i in 1..messages {
                steps.send(step_of(i)).await?;
            }
            Ok::<(), mpsc::error::SendError<Step>>(())
        });
        for i in 0..messages {
            expect_piece(&mut pieces, i.to_string().into_bytes()).await?;
        }
        writer.await??;
        expect_end(&mut pieces).await?;
        self.expect_seen("many_messages", &[End::Complete], messages).await
    }

    async fn server_fails(&mut self) -> Outcome {
        let failure = Failure { code: 9, message: "not while it rains".into(), details: DETAILS.into() };
        let failing = Step { failure: Some(failure), ..step(pattern(1000), &[10, 20]) };
        let mut pieces = self.stub.download(failing.clone()).await?.into_inner();
        expect_piece(&mut pieces, pattern(10)).await?;
        expect_piece(&mut pieces, pattern(20)).await?;
        expect_failure(error_of(&mut pieces).await)?;

        let (steps, receiver) = mpsc::channel(1);
        let writer = tokio::spawn(async move {
            for _ in 0..2 {
                steps.send(step(pattern(1000), &[])).await?;
            }
            while steps.send(failing.clone()).await.is_ok() {}
            Ok::<(), mpsc::error::SendError<Step>>(())
        });
        let ended = self.stub.upload(ReceiverStream::new(receiver)).await;
        writer.abort(); // tonic goes on writing as long as the server lets it
        expect_failure(ended.err().unwrap_or_else(|| Status::ok("")))
    }

    /// Drops a chat whose server waits for more steps, in its middle: that is how tonic's user cancels.
    async fn cancel_chat(&mut self, id: &str) -> Outcome {
        let mut chat = self.chat(Step { id: id.into(), ..step(pattern(10), &[10]) }).await?;
        expect_piece(&mut chat.pieces, pattern(10)).await?;
        drop(chat);
        // tonic ends its direction well before it resets a stream.
        self.expect_seen(id, &[End::Cancelled, End::Complete], 1).await
    }

    async fn cancel_download(&mut self, id: &str) -> Outcome {
        let endless = Step { id: id.into(), forever: true, ..step(pattern(1000), &[1000]) };
        let mut pieces = self.stub.download(endless).await?.into_inner();
        for _ in 0..10 {
            expect_piece(&mut pieces, pattern(1000)).await?;
        }
        drop(pieces);
        self.expect_seen(id, &[End::Cancelled], 1).await
    }

    async fn cancel(&mut self) -> Outcome {
        self.cancel_chat("cancel chat").await?;
        self.cancel_download("cancel download").await
    }

    /// tonic tells the server of the deadline, and keeps it itself only until there are headers. So it is the server that
    /// ends the call.
    async fn deadline(&mut self) -> Outcome {
        let mut request =
            Request::new(Step { id: "deadline download".into(), forever: true, ..step(pattern(1000), &[1000]) });
        request.set_timeout(Duration::from_secs(1));
        let mut pieces = self.stub.download(request).await?.into_inner();
        let status = time::timeout(Duration::from_secs(5), error_of(&mut pieces)).await?;
        // grpc-go resets the stream instead of telling.
        require([Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()), format!("got {status}"))?;
        self.expect_seen("deadline download", &[End::Cancelled], 1).await
    }

    async fn killed(&mut self) -> Outcome {
        let mut chat = self.chat(step(pattern(10), &[10])).await?;
        expect_piece(&mut chat.pieces, pattern(10)).await?;
        ask("kill the server").await?;
        let status = error_of(&mut chat.pieces).await;
        // tonic has UNKNOWN for a connection that breaks.
        require([Code::Unavailable, Code::Unknown].contains(&status.code()), format!("got {status}"))?;
        self.start_server().await
    }

    pub async fn run_streams(&mut self, case: &str) -> Outcome {
        match case {
            "client_streaming" => self.client_streaming().await,
            "server_streaming" => self.server_streaming().await,
            "ping_pong" => self.ping_pong().await,
            "empty_stream" => self.empty_stream().await,
            "client_first" => self.client_first().await,
            "server_first" => self.server_first().await,
            "both_at_once" => self.both_at_once().await,
            "many_messages" => self.many_messages().await,
            "server_fails" => self.server_fails().await,
            "cancel" => self.cancel().await,
            "deadline" => self.deadline().await,
            "killed" => self.killed().await,
            _ => Err("there is no such case".into()),
        }
    }
}
