// UniqueFunction: a callable that is owned, moved and never copied.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace rhei::inline v0 {

// What std::move_only_function is in C++23, with room for so many bytes of captures before it allocates. Empty when
// default constructed or moved from; calling an empty one is undefined.
template <typename Signature, std::size_t kInlineSize = 48>
class UniqueFunction;

template <typename R, typename... Args, std::size_t kInlineSize>
class UniqueFunction<R(Args...), kInlineSize> {
  static_assert(kInlineSize >= sizeof(void*));

 public:
  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}

  template <typename F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
             std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
  UniqueFunction(F&& function) {
    using Stored = std::remove_cvref_t<F>;
    if constexpr (kFitsInline<Stored>) {
      ::new (static_cast<void*>(storage_)) Stored(std::forward<F>(function));
      operations_ = &kInlineOperations<Stored>;
    } else {
      ::new (static_cast<void*>(storage_)) Stored*(new Stored(std::forward<F>(function)));
      operations_ = &kHeapOperations<Stored>;
    }
  }

  UniqueFunction(UniqueFunction&& other) noexcept { MoveFrom(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      Reset();
      MoveFrom(other);
    }
    return *this;
  }
  UniqueFunction(const UniqueFunction&) = delete;
  UniqueFunction& operator=(const UniqueFunction&) = delete;
  ~UniqueFunction() { Reset(); }

  explicit operator bool() const { return operations_ != nullptr; }
  R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

 private:
  struct Operations {
    R (*call)(std::byte*, Args&&...);
    void (*move)(std::byte* from, std::byte* to) noexcept;  // leaves `from` destroyed
    void (*destroy)(std::byte*) noexcept;
  };

  template <typename F>
  static constexpr bool kFitsInline =
      sizeof(F) <= kInlineSize && alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template <typename F>
  static F& Inline(std::byte* storage) {
    return *std::launder(reinterpret_cast<F*>(storage));
  }
  template <typename F>
  static F*& Heap(std::byte* storage) {
    return *std::launder(reinterpret_cast<F**>(storage));
  }

  template <typename F>
  static constexpr Operations kInlineOperations = {
      [](std::byte* storage, Args&&... args) -> R { return Inline<F>(storage)(std::forward<Args>(args)...); },
      [](std::byte* from, std::byte* to) noexcept {
        ::new (static_cast<void*>(to)) F(std::move(Inline<F>(from)));
        Inline<F>(from).~F();
      },
      [](std::byte* storage) noexcept { Inline<F>(storage).~F(); },
  };
  template <typename F>
  static constexpr Operations kHeapOperations = {
      [](std::byte* storage, Args&&... args) -> R { return (*Heap<F>(storage))(std::forward<Args>(args)...); },
      [](std::byte* from, std::byte* to) noexcept { ::new (static_cast<void*>(to)) F*(Heap<F>(from)); },
      [](std::byte* storage) noexcept { delete Heap<F>(storage); },
  };

  void MoveFrom(UniqueFunction& other) noexcept {
    if (other.operations_ == nullptr) return;
    other.operations_->move(other.storage_, storage_);
    operations_ = std::exchange(other.operations_, nullptr);
  }
  void Reset() noexcept {
    if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage_);
  }

  alignas(void*) std::byte storage_[kInlineSize];
  const Operations* operations_ = nullptr;
};

}  // namespace rhei::inline v0
