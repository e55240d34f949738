module rhei.example/bench/publish

go 1.26
