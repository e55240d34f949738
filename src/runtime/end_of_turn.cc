#include "runtime/end_of_turn.h"

namespace rhei::inline v0::runtime {
namespace {

void Unlink(EndOfTurnTask& task) {
  if (task.next == nullptr) return;
  task.previous->next = task.next;
  task.next->previous = task.previous;
  task.previous = task.next = nullptr;
}

void MakeRing(EndOfTurnTask& head) { head.previous = head.next = &head; }

}  // namespace

EndOfTurnTask::~EndOfTurnTask() { Unlink(*this); }

EndOfTurnQueue::EndOfTurnQueue() : tasks_(nullptr) { MakeRing(tasks_); }

EndOfTurnQueue::~EndOfTurnQueue() {
  while (!empty()) Unlink(*tasks_.next);
}

void EndOfTurnQueue::Add(EndOfTurnTask& task) {
  if (task.next != nullptr) return;
  task.previous = tasks_.previous;
  task.next = &tasks_;
  tasks_.previous->next = &task;
  tasks_.previous = &task;
}

void EndOfTurnQueue::RunAll() {
  if (empty()) return;
  // What runs now moves to a ring of its own, so that a task that asks again waits for the next turn.
  EndOfTurnTask now(nullptr);
  now.previous = tasks_.previous;
  now.next = tasks_.next;
  now.previous->next = now.next->previous = &now;
  MakeRing(tasks_);
  while (now.next != &now) {
    EndOfTurnTask& task = *now.next;
    Unlink(task);
    task.run();
  }
  now.previous = now.next = nullptr;
}

}  // namespace rhei::inline v0::runtime
