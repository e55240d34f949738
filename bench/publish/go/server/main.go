// The server of the benchmark `publish` for JSON over HTTP/1.1 in Go: net/http and encoding/json.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"

	"rhei.example/bench/publish/bench"
)

func publish(response http.ResponseWriter, request *http.Request) {
	var message bench.Request
	if err := json.NewDecoder(request.Body).Decode(&message); err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	response.Header().Set("Content-Type", "application/json")
	// An error here is the client's, who is gone.
	_ = json.NewEncoder(response).Encode(bench.Reply{Bytes: len(message.Data)})
}

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	cpu := flag.Int("cpu", -1, "core to run on, -1 for any")
	flag.Parse()
	bench.PinToCPU(*cpu)

	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		bench.Die("listen", err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("POST /publish", publish)
	bench.Die("serve", http.Serve(listener, nil))
}
