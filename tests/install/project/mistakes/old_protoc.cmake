rhei_generate(hello hello.proto)
