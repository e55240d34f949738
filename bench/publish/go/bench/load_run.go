package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// LoadRun measures a load: bench/support/load_run.h tells how. Here every message is timed, and any goroutine may call.
type LoadRun struct {
	warmup, window time.Duration
	serverPID      int

	mutex             sync.Mutex
	started           time.Time
	measuring, over   bool
	told              bool
	completed, failed int
	latencies         []time.Duration
	first, last       reading
}

type reading struct {
	time              time.Time
	completed, failed int
	ownCPU, serverCPU float64
	serverKnown       bool
}

// NewLoadRun starts the warm-up.
func NewLoadRun(warmup, seconds float64, serverPID int) *LoadRun {
	toDuration := func(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
	return &LoadRun{warmup: toDuration(warmup), window: toDuration(seconds), serverPID: serverPID, started: time.Now()}
}

// End tells that a message which began, or was due, then has ended. It returns whether the load should go on.
func (run *LoadRun) End(begun time.Time, err error) bool {
	run.mutex.Lock()
	defer run.mutex.Unlock()
	if err == nil {
		run.completed++
	} else {
		run.failed++
		if !run.told {
			run.told = true
			fmt.Fprintln(os.Stderr, "first failure:", err)
		}
	}
	now := time.Now()
	switch {
	case run.over:
	case run.measuring:
		run.latencies = append(run.latencies, now.Sub(begun))
		if now.Sub(run.first.time) >= run.window {
			run.over = true
			run.last = run.read(now)
		}
	case now.Sub(run.started) >= run.warmup:
		run.measuring = true
		run.first = run.read(now)
	}
	return !run.over
}

func (run *LoadRun) read(now time.Time) reading {
	result := reading{time: now, completed: run.completed, failed: run.failed}
	result.ownCPU, _ = CPUSecondsOf(0)
	if run.serverPID != 0 {
		result.serverCPU, result.serverKnown = CPUSecondsOf(run.serverPID)
	}
	return result
}

// JSON has the results as LoadRun::ToJson of C++ has them.
func (run *LoadRun) JSON() string {
	requests := run.last.completed - run.first.completed
	result := map[string]any{
		"requests":      requests,
		"seconds":       run.last.time.Sub(run.first.time).Seconds(),
		"errors":        run.last.failed - run.first.failed,
		"p50_us":        nil,
		"p99_us":        nil,
		"server_cpu_us": nil,
		"client_cpu_us": nil,
	}
	if len(run.latencies) > 0 {
		slices.Sort(run.latencies)
		result["p50_us"] = run.latencies[len(run.latencies)/2].Seconds() * 1e6
		result["p99_us"] = run.latencies[len(run.latencies)*99/100].Seconds() * 1e6
	}
	if requests > 0 {
		result["client_cpu_us"] = (run.last.ownCPU - run.first.ownCPU) * 1e6 / float64(requests)
		if run.first.serverKnown && run.last.serverKnown {
			result["server_cpu_us"] = (run.last.serverCPU - run.first.serverCPU) * 1e6 / float64(requests)
		}
	}
	text, err := json.Marshal(result)
	if err != nil {
		Die("write the results", err)
	}
	return string(text)
}
