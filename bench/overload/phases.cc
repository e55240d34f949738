#include "overload/phases.h"

#include <charconv>
#include <cstdio>

namespace rhei::bench {
namespace {

bool ReadNumber(std::string_view& text, double& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number <= 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool ReadSign(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

std::string Microseconds(const Histogram& times, double share) {
  const std::optional<double> nanoseconds = times.Quantile(share);
  if (!nanoseconds) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", *nanoseconds / 1000);
  return text;
}

}  // namespace

std::optional<std::vector<Phase>> ParsePhases(std::string_view text) {
  std::vector<Phase> phases;
  do {
    Phase& phase = phases.emplace_back();
    if (!ReadNumber(text, phase.rate) || !ReadSign(text, ':') || !ReadNumber(text, phase.seconds)) return std::nullopt;
  } while (ReadSign(text, ','));
  if (!text.empty()) return std::nullopt;
  return phases;
}

void Schedule::Next() {
  due_.reset();
  while (phase_ < phases_.size()) {
    const Phase& phase = phases_[phase_];
    last_ += std::exponential_distribution<double>(phase.rate)(random_);
    if (last_ < phase_begin_ + phase.seconds) {
      due_ = std::chrono::nanoseconds(static_cast<std::int64_t>(last_ * 1e9));
      return;
    }
    phase_begin_ += phase.seconds;
    last_ = phase_begin_;
    ++phase_;
  }
}

PhaseCounts::Slot& PhaseCounts::SlotAt(std::chrono::nanoseconds due) {
  const auto index = static_cast<std::size_t>(due / kSlot);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

void PhaseCounts::Sent(std::size_t phase, std::chrono::nanoseconds due) {
  ++phases_[phase].sent;
  ++SlotAt(due).sent;
}

void PhaseCounts::Ended(std::size_t phase, std::chrono::nanoseconds due, std::chrono::nanoseconds took, End how) {
  Counts& counts = phases_[phase];
  switch (how) {
    case End::kAnswered:
      counts.answers.Record(took);
      if (took > useful_) {
        ++counts.late;
      } else {
        ++counts.useful;
        ++SlotAt(due).useful;
      }
      return;
    case End::kRefused:
      counts.refusals.Record(took);
      ++counts.refused;
      return;
    case End::kExpired: ++counts.expired; return;
    case End::kFailed: ++counts.failed; return;
  }
}

std::string PhaseCounts::ToJson() const {
  std::string text = "{\"phases\": [";
  for (const Counts& counts : phases_) {
    if (&counts != phases_.data()) text += ", ";
    text += "{\"sent\": " + std::to_string(counts.sent) + ", \"useful\": " + std::to_string(counts.useful) +
            ", \"late\": " + std::to_string(counts.late) + ", \"refused\": " + std::to_string(counts.refused) +
            ", \"expired\": " + std::to_string(counts.expired) + ", \"failed\": " + std::to_string(counts.failed) +
            ", \"answer_p50_us\": " + Microseconds(counts.answers, 0.5) +
            ", \"answer_p99_us\": " + Microseconds(counts.answers, 0.99) +
            ", \"refusal_p50_us\": " + Microseconds(counts.refusals, 0.5) +
            ", \"refusal_p99_us\": " + Microseconds(counts.refusals, 0.99) + "}";
  }
  text += "], \"slots\": [";
  for (const Slot& slot : slots_) {
    if (&slot != slots_.data()) text += ", ";
    text += "[" + std::to_string(slot.sent) + ", " + std::to_string(slot.useful) + "]";
  }
  return text + "]}";
}

}  // namespace rhei::bench
