// SPDX-License-Identifier: MIT

// DigitalOcean's go-qemu: adds a chardev, joins it to a hub, hears of it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

func main() {
	monitor, err := qmp.NewSocketMonitor("unix", os.Args[1], 10*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	if err := monitor.Connect(); err != nil {
		log.Fatal(err)
	}
	defer monitor.Disconnect()
	events, err := monitor.Events(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, request := range []string{
		`{"execute": "query-status"}`,
		`{"execute": "chardev-add", "arguments": {"id": "go", "backend": {"type": "ringbuf", "data": {"size": 4096}}}}`,
		`{"execute": "hub-add-member", "arguments": {"hub": "h", "chardev": "go"}}`,
	} {
		answer, err := monitor.Run([]byte(request))
		if err != nil {
			log.Fatal(request, ": ", err)
		}
		fmt.Println(string(answer))
	}
	for event := range events {
		fmt.Println(event.Event, event.Data)
		if event.Event == "HUB_MEMBER_JOINED" {
			return
		}
	}
	log.Fatal("no event")
}
