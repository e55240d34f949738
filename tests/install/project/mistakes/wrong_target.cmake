rhei_generate(greeter hello.proto)
