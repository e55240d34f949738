#include "rhei/executor.h"

#include <utility>

namespace rhei::inline v0 {
namespace {

thread_local Executor* current = nullptr;

}  // namespace

Executor* Executor::Current() { return current; }

Executor::Scope::Scope(Executor& executor) : outer_(std::exchange(current, &executor)) {}

Executor::Scope::~Scope() { current = outer_; }

}  // namespace rhei::inline v0
