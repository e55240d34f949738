# rhei's targets are known only in the folder that looked for them, and here is another one.
include(${RHEI_GENERATE})
rhei_generate(hello hello.proto)
