// What header blocks cost: the ones of a busy gRPC connection, and those that arrive first or in Huffman code.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/huffman.h"

namespace {

using rhei::http2::DecodeHuffman;
using rhei::http2::HeaderField;
using rhei::http2::HeaderTemplate;
using rhei::http2::HpackDecoder;
using rhei::http2::HpackEncoder;
using rhei::http2::MaxHuffmanDecodedSize;

std::vector<HeaderField> Request() {
  return {{.name = ":method", .value = "POST"},
          {.name = ":scheme", .value = "http"},
          {.name = ":path", .value = "/weather.v1.Weather/GetCurrent"},
          {.name = ":authority", .value = "weather:8090"},
          {.name = "content-type", .value = "application/grpc"},
          {.name = "te", .value = "trailers"},
          {.name = "user-agent", .value = "grpc-c++-rhei/0.1"},
          {.name = "grpc-accept-encoding", .value = "identity,deflate,gzip"}};
}

void Decode(benchmark::State& state, HpackDecoder& decoder, std::string_view block) {
  std::vector<HeaderField> fields;
  for (auto _ : state) {
    fields.clear();
    benchmark::DoNotOptimize(decoder.Decode(block, fields));
    benchmark::DoNotOptimize(fields.data());
    decoder.NextMessage();
  }
}

void BM_DecodeEightIndexedFields(benchmark::State& state) {
  HpackEncoder encoder;
  HpackDecoder decoder{{}};
  const HeaderTemplate request = encoder.Register(Request());
  std::string first, warm;
  encoder.Encode(request, {}, first);
  encoder.Encode(request, {}, warm);
  std::vector<HeaderField> fields;
  decoder.Decode(first, fields);
  Decode(state, decoder, warm);
}
BENCHMARK(BM_DecodeEightIndexedFields);

// The first request of a connection again and again: six fields enter the table and six leave it.
void BM_DecodeAndInsertSixFieldsInHuffmanCode(benchmark::State& state) {
  HpackEncoder encoder;
  HpackDecoder decoder{{}};
  std::string block;
  encoder.Encode(encoder.Register(Request()), {}, block);
  Decode(state, decoder, block);
}
BENCHMARK(BM_DecodeAndInsertSixFieldsInHuffmanCode);

void BM_DecodePlainLiteral(benchmark::State& state) {
  HpackDecoder decoder{{}};
  Decode(state, decoder,
         std::string_view("\0\x0cgrpc-timeout\x04"
                          "998m",
                          19));
}
BENCHMARK(BM_DecodePlainLiteral);

void BM_DecodeHuffman(benchmark::State& state, std::string_view text) {
  std::string code;
  rhei::http2::AppendHuffman(code, text);
  std::string out(MaxHuffmanDecodedSize(code.size()), '\0');
  for (auto _ : state) {
    benchmark::DoNotOptimize(DecodeHuffman(code, out.data(), out.size()));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(BM_DecodeHuffman, timeout, "998m");
BENCHMARK_CAPTURE(BM_DecodeHuffman, path, "/weather.v1.Weather/GetCurrent");
BENCHMARK_CAPTURE(
    BM_DecodeHuffman, token,
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.POstGetfAytaZS8"
    "2wHcjoTyoqhMyxXiWdR7Nn7A29DNSl0EiXLdwJ6xC6AfgZWF1bOsS_TuYI3OG85AmiExREkrS6tDfTQ2B3WXlrr-wp5AokiRbz3_oB4Ox");

void BM_EncodeWarmTemplate(benchmark::State& state) {
  HpackEncoder encoder;
  const HeaderTemplate request = encoder.Register(Request());
  std::string block;
  for (auto _ : state) {
    block.clear();
    encoder.Encode(request, {}, block);
    benchmark::DoNotOptimize(block.data());
  }
}
BENCHMARK(BM_EncodeWarmTemplate);

void BM_EncodeWarmTemplateAndKnownTimeout(benchmark::State& state) {
  HpackEncoder encoder;
  const HeaderTemplate request = encoder.Register(Request());
  const std::vector<HeaderField> extra = {{.name = "grpc-timeout", .value = "100m"}};
  std::string block;
  for (auto _ : state) {
    block.clear();
    encoder.Encode(request, extra, block);
    benchmark::DoNotOptimize(block.data());
  }
}
BENCHMARK(BM_EncodeWarmTemplateAndKnownTimeout);

void BM_EncodeWarmTemplateAndNewTimeout(benchmark::State& state) {
  HpackEncoder encoder;
  const HeaderTemplate request = encoder.Register(Request());
  std::string block;
  std::string value = "100000u";
  for (auto _ : state) {
    block.clear();
    for (std::size_t digit = 5; ++value[digit] > '9' && digit > 0; --digit) value[digit] = '0';
    if (value[0] > '9') value[0] = '1';
    const HeaderField extra[] = {{.name = "grpc-timeout", .value = value}};
    encoder.Encode(request, extra, block);
    benchmark::DoNotOptimize(block.data());
  }
}
BENCHMARK(BM_EncodeWarmTemplateAndNewTimeout);

}  // namespace

BENCHMARK_MAIN();
