import Operations
import Testing

@testable import Traces

/// Logs as options, other tracers and later kernels make them.
@Suite("Kernel log: options, other tracers, later kernels")
struct KernelLogMixtureTests {
    private static let map =
        "dma_map_page: eth0 dir=FROM_DEVICE dma_addr=80001000 size=4096 phys_addr=80001000 attrs="

    @Test(
        "heads with further fields are read",
        arguments: [
            // perf -F +period, pid/tid, without a core, with flags.
            ("swapper     0 [001]  1234.567890:          1           dma:", 1),
            ("my app 12/13 [001]  1234.567890:     dma:", 1),
            ("my app 12/13  1234.567890:     dma:", -1),
            ("my app 12 [001] d..2.  1234.567890:     250000 dma:", 1),
            (":-1    -1 [001]  1234.567890:      dma:", 1),
            // Commands with brackets and numbers, many cores, thread groups, letters of later kernels.
            ("  a-b [7] (8)-99   [1003] d..1.  1234.567890: ", 1003),
            ("  Web Content [x]-12345 (  12345) [003] bNs2.  1234.567890: ", 3),
            ("  <...>-12345 (-------) [003] d.Zf1  1234.567890: ", 3),
        ] as [(String, Int32)])
    func heads(head: String, core: Int32) throws {
        let reading = logReading(head + Self.map + "\n")
        #expect(reading.faults == [])
        let event = try #require(reading.events.first?.event)
        #expect(event.kind == .mapPage && event.core == core && event.size == 4096)
        #expect(event.time == 1_234_567_890_000)
        #expect(TraceFormat.recognise(Array((head + Self.map).utf8)) == .kernelLog)
    }

    @Test("a number without a system behind it is no period")
    func noPeriod() {
        let reading = logReading(
            "a-1 [000] ..... 1.5: 12 dma_map_page: eth0 dma_addr=0\na-1 [000] ..... 1.5: \(Self.map)\n"
        )
        #expect(reading.faults.map(\.line) == [1])
    }

    @Test("events among the lines of the function graph tracer are read, the others counted")
    func functionGraph() throws {
        let text = """
            # tracer: function_graph
             0)               |  dma_map_page_attrs() {
             1)               |    /* \(Self.map) */
             1)               |    /* <stack trace>
             => dma_map_page_attrs
             => macb_rx
             1)               |    /* sched_waking: comm=x pid=7 */
             0)   1.958 us    |    arch_sync_dma_for_device();
             0) + 12.958 us   |  }
             ------------------------------------------
             0)  bash-12      =>   <idle>-0
             ------------------------------------------

                4.192717 |   2)   bash-71    |  ..s1. |               |  /* \(Self.map)MMIO */
                4.192718 |   2)   bash-71    |  ..s1. | ! 112.958 us  |  }

            """
        let reading = logReading(text)
        #expect(reading.faults == [])
        #expect(reading.counts.values.reduce(0, +) == reading.lines)
        #expect(reading.counts["sched_waking"] == 1)
        #expect(reading.events.map(\.event.kind) == [.mapPage, .stack, .mapPage])
        #expect(reading.functions == ["macb_rx"])
        #expect(reading.events.map(\.event.core) == [1, 1, 2])
        #expect(reading.events.map(\.event.time) == [nil, nil, 4_192_717_000])
        #expect(reading.events[2].event.attributes.rawValue == 1 << 10)
        #expect(TraceFormat.recognise(Array(text.utf8)) == .kernelLog)
        // A fault in such an event has its place in the line.
        let damaged = logReading(
            " 1)               |  /* dma_unmap_page: eth0 dir=UP dma_addr=0 */\n")
        #expect(damaged.faults.map(\.column) == [50])
    }

    @Test("the stack of a program is no stack of a call")
    func userStack() {
        let reading = logReading(
            """
            a-1 [000] ..... 1.5: \(Self.map)
            a-1 [000] ..... 1.5: <user stack trace>
             =>  <00007f8>
             => main

            """)
        #expect(reading.faults == [] && reading.functions == [])
        #expect(reading.counts["stack"] == 3)
    }

    @Test(
        "directions and attributes that have no names are counted, not refused",
        arguments: [
            ("dir=NONE dma_addr=0 size=1 attrs=", "dir=NONE", 0),
            ("dir=0x7 dma_addr=0 size=1 attrs=", "dir=0x7", 0),
            ("dir=TO_DEVICE dma_addr=0 size=1 attrs=NO_WARN|0xff00000000", "0xff00000000", 1 << 8),
        ] as [(String, String, UInt32)])
    func withoutNames(fields: String, word: String, attributes: UInt32) throws {
        let reading = logReading("a-1 [000] ..... 1.5: dma_unmap_page: eth0 \(fields)\n")
        #expect(reading.faults == [] && reading.unknownWords == [word])
        let event = try #require(reading.events.first?.event)
        #expect((event.direction == nil) == word.hasPrefix("dir"))
        #expect(event.attributes.rawValue == attributes)
        let stored = logReading(
            "a-1 [000] ..... 1.5: dma_unmap_page: [FAILED TO PARSE] device=eth0 addr=0x40 size=1 dir=0x2 attrs=0x20\n"
        )
        #expect(stored.faults == [] && stored.events.first?.event.direction == .fromDevice)
    }
}
