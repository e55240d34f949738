package bench

// Request is a message to publish; the data is base64 in JSON.
type Request struct {
	Topic string `json:"topic"`
	Data  []byte `json:"data"`
}

// Reply says how many bytes of data have been taken in.
type Reply struct {
	Bytes int `json:"bytes"`
}
