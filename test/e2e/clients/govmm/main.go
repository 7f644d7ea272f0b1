// SPDX-License-Identifier: MIT

// Kata's govmm: adds a chardev and hears that somebody has come there. It has no way to join it to
// a hub: the test does that, and dials, once it says "added".
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/kata-containers/govmm/qemu"
)

func main() {
	events := make(chan qemu.QMPEvent, 64)
	gone := make(chan struct{})
	config := qemu.QMPConfig{EventCh: events}
	monitor, version, err := qemu.QMPStart(context.Background(), os.Args[1], config, gone)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", version.Major, version.Minor)
	if err := monitor.ExecuteQMPCapabilities(context.Background()); err != nil {
		log.Fatal(err)
	}
	err = monitor.ExecuteCharDevUnixSocketAdd(context.Background(), "kata", os.Args[2], false, true)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("added")
	for event := range events {
		fmt.Println(event.Name, event.Data)
		if event.Name == "HUB_MEMBER_OPENED" {
			monitor.Shutdown()
			<-gone
			return
		}
	}
}
