import Operations
import Testing

@testable import Traces

@Suite("Kernel log: layouts of lines")
struct KernelLogLayoutTests {
    private static let text = "usb0 dir=FROM_DEVICE dma_addr=9a000040 size=512 attrs="

    @Test(
        "heads of the three programs, with and without options",
        arguments: [
            // The kernel's trace file: five flags, four flags, thread groups, a counter for a clock.
            (
                "            dd-71      [003] d.h1.    12.000345: dma_unmap_page: ", 3,
                12_000_345_000
            ),
            ("            dd-71      [003] d.h1    12.000345: dma_unmap_page: ", 3, 12_000_345_000),
            (
                "            dd-71      (     70) [003] ..s..    12.000345: dma_unmap_page: ", 3,
                12_000_345_000
            ),
            (
                "          <idle>-0       (-------) [000] dNs2.    12.000345: dma_unmap_page: ", 0,
                12_000_345_000
            ),
            ("            dd-71      [003] .....  8812345678: dma_unmap_page: ", 3, nil),
            // trace-cmd report: names padded to a column; without flags; its short form.
            (
                "              dd-71    [003] d.h1.    12.000345: dma_unmap_page:       ", 3,
                12_000_345_000
            ),
            (
                "              dd-71    [003]    12.000345: dma_unmap_page:       ", 3,
                12_000_345_000
            ),
            ("      dd-71      3d.h1.    12.000345: dma_unmap_page:       ", 3, 12_000_345_000),
            // perf script: the system before the event; nanoseconds; no core.
            (
                "              dd      71 [003]    12.000345:       dma:dma_unmap_page: ", 3,
                12_000_345_000
            ),
            (
                "              dd      71 [003]    12.000345678:    dma:dma_unmap_page: ", 3,
                12_000_345_678
            ),
            ("              dd      71    12.000345:    dma:dma_unmap_page: ", -1, 12_000_345_000),
            // Commands with blanks, dashes, brackets and colons.
            (
                "  my - app [7]-71      [003] .....    12.000345: dma_unmap_page: ", 3,
                12_000_345_000
            ),
            (
                "  kworker/u4:1-71      [003] .....    12.000345: dma_unmap_page: ", 3,
                12_000_345_000
            ),
            ("  a 5: b-71      [003] .....    12.000345: dma_unmap_page: ", 3, 12_000_345_000),
        ] as [(String, Int32, UInt64?)])
    func heads(head: String, core: Int32, time: UInt64?) throws {
        for end in ["\n", "\r\n", ""] {
            let reading = logReading(head + Self.text + end)
            #expect(reading.faults == [])
            let event = try #require(reading.events.first?.event)
            #expect(event.kind == .unmapPage)
            #expect(event.core == core)
            #expect(event.time == time)
            #expect(event.dmaAddress == 0x9A00_0040)
            #expect(event.size == 512)
            #expect(event.direction == .fromDevice)
            #expect(event.attributes == [])
            #expect(reading.events[0].device == "usb0")
        }
    }

    @Test("every line is an event or is counted, and the counts sum to the lines")
    func nothingDropped() {
        let text = """
            # tracer: nop
            #
            cpus=2
            CPU:1 [LOST 14 EVENTS]
            CPU:0 [3 EVENTS DROPPED]

            dd-71 [001] ..... 1.000001: sched_switch: prev_comm=a ==> next_comm=b
            dd-71 [001] ..... 1.000002: dma_fence_init: driver=x timeline=y
            dd-71 [001] ..... 1.000003: dma_unmap_phys: usb0 dir=TO_DEVICE dma_addr=40 size=8 attrs=MMIO
            dd-71 [001] ..... 1.000004: <stack trace>
             => trace_event_raw_event_dma_unmap
             => dma_unmap_phys
             => usb_hcd_unmap_urb
             => ret_from_fork
            dd-71 [001] ..... 1.000005: vfs_read <-ksys_read
            [LINE TOO BIG]
            dd-71 [001] ..... 1.000006: sched_switch: prev_comm=b ==> next_comm=a

            """
        for chunk in [1, 7, 64, 1 << 20] {
            let reading = logReading(text, chunk: chunk)
            #expect(reading.faults == [])
            #expect(reading.lines == 17)
            #expect(reading.counts.values.reduce(0, +) == 17)
            #expect(reading.counts["sched_switch"] == 2)
            #expect(reading.counts["dma_fence_init"] == 1)
            #expect(reading.counts["dma_unmap_phys"] == 1)
            #expect(reading.counts["function calls"] == 1)
            #expect(reading.counts["stack"] == 5)
            #expect(reading.counts["notes of lost events"] == 2)
            #expect(
                reading.events.map(\.event.kind) == [.lost, .lost, .unmapPage, .stack, .lost])
            #expect(reading.events.map(\.event.count) == [14, 3, 0, 0, 1])
            #expect(reading.functions == ["usb_hcd_unmap_urb"])
        }
    }

    @Test("perf tells what it lost in a record of its own")
    func perfLost() {
        let reading = logReading(
            "dd 71 [001] 1.000001: PERF_RECORD_LOST lost 12\n"
                + "dd 71 [001] 1.000002: dma:dma_unmap_page: \(Self.text)\n")
        #expect(reading.faults == [])
        #expect(reading.events.map(\.event.kind) == [.lost, .unmapPage])
        #expect(reading.events.first?.event.count == 12)
    }

    @Test("a stack belongs to the event of its core, whoever else's events stand between")
    func stacks() {
        let event = "usb0 dir=TO_DEVICE dma_addr=40 size=8 attrs="
        let reading = logReading(
            """
            dd-71 [001] ..... 1.000001: dma_unmap_page: \(event)
            sh-72 [000] ..... 1.000002: sched_waking: comm=x
            dd-71 [001] ..... 1.000003: kernel_stack: <stack trace >
            => dma_unmap_page_attrs (ffffffff81234567)
            => mmc_blk_rw_wait (ffffffff81234999)
            sh-72 [000] ..... 1.000004: kernel_stack: <stack trace >
            => not_ours (ffffffff81234567)

            """)
        #expect(reading.faults == [])
        #expect(reading.events.map(\.event.kind) == [.unmapPage, .stack])
        #expect(reading.events[1].event.core == 1)
        #expect(reading.functions == ["mmc_blk_rw_wait"])
        let perf = logReading(
            """
            dd 71 [001] 1.000001: dma:dma_unmap_page: \(event)
            \tffff800010123456 dma_unmap_page_attrs+0x1c ([kernel.kallsyms])
            \tffff800010123999 fec_enet_rx+0x88 ([kernel.kallsyms])
            \tffff800010123aaa net_rx_action+0x88 ([kernel.kallsyms])

            """)
        #expect(perf.faults == [])
        #expect(perf.functions == ["fec_enet_rx"])
    }

    @Test(
        "what is no line of a log is told with its place",
        arguments: [
            ("hello\n", "t:2:1: found 'hello', expected a line of ftrace"),
            ("dd-7 [001] ..... 1.000001: ?\n", "t:2:28: found '?', expected an event's name"),
            ("CPU:1 [lost]\n", "t:2:5: found '1', expected CPU:N [LOST M EVENTS]"),
        ])
    func faults(line: String, message: String) {
        let first = "dd-7 [001] ..... 1.000001: dma_unmap_page: \(Self.text)\n"
        let reading = logReading(first + line)
        #expect(
            reading.faults.map(\.description).first?.hasPrefix(message) == true, "\(reading.faults)"
        )
        #expect(reading.faults.count == 1)
    }

    @Test("a log without an event of DMA is a fault, as is an endless line")
    func empty() {
        #expect(
            logReading("# tracer: nop\n").faults.first?.found
                == "1 lines without an event of the DMA API")
        let long = String(repeating: "x", count: KernelLogReader.lineLimit + 1)
        #expect(logReading(long).faults.first?.found == "a line of more than 131072 bytes")
    }
}
