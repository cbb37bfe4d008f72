import DMAMapping
import Experiments
import Operations
import Quantities
import Reports
import Testing
import Traces

/// What `explain dma_map_single` answers.
@Suite("What a call is made of and costs")
struct CallCostTests {
    private func cost(
        _ question: CallCost.Question, on machine: String, kernel: String = "6.12"
    ) throws -> CallCost {
        try CallCost(
            question, machine: Sample.machine(machine).configuration,
            kernel: KernelEra(parsing: kernel))
    }

    /// An outer cache costs a second pass; a dirty line costs its way out.
    @Test("Parts add up, and what the caches hold makes a difference")
    func parts() throws {
        let question = CallCost.Question(
            "dma_map_single", direction: .toDevice, offset: 16, size: 2_048)
        let dirty = try cost(question, on: "zynq7000")
        #expect(
            dirty.parts.map(\.text) == [
                "the call itself", "dc cvac 0x10000010 2048", "dsb st", "l2 clean 0x10000010 2048",
                "l2 sync",
            ])
        #expect(dirty.parts.map(\.lines) == [nil, 65, nil, 65, nil])
        #expect(dirty.plan.count == 2)
        #expect(dirty.time == dirty.parts.reduce(Ticks.zero) { $0 + $1.time })
        var absent = question
        absent.state = .absent
        #expect(try cost(absent, on: "zynq7000").time < dirty.time)
        var coherent = question
        coherent.isCoherent = true
        #expect(try cost(coherent, on: "zynq7000").parts.map(\.text) == ["the call itself"])
    }

    /// Every name has an answer wherever its kernel has it, and an error with a place elsewhere.
    @Test(
        "Every call, barrier and accessor",
        arguments: ["arm926", "kirkwood", "rpi1", "zynq7000", "rpi3", "stm32h743"])
    func names(_ machine: String) throws {
        var refused: Set<String> = []
        for name in CallCost.linuxNames {
            do {
                let cost = try cost(
                    CallCost.Question(name, direction: .fromDevice, size: 256), on: machine)
                let report = CallCostReport(cost)
                #expect(report.text.contains(name))
                #expect(report.json.text.contains("\"staleline.call/1\""))
            } catch is TraceErrors {
                refused.insert(name)
            }
        }
        // 6.12 is before `dma_map_phys` and after `dma_cache_sync`.
        var expected: Set<String> = ["dma_map_phys", "dma_unmap_phys", "dma_cache_sync"]
        // The two-step calls came later, too.
        expected.formUnion(CallCost.names.filter { $0.contains("iova") || $0 == "dma_need_unmap" })
        if machine == "stm32h743" {
            // ARMv7-M has coherent memory only where the device tree sets some apart.
            expected.formUnion(
                CallCost.linuxNames.filter {
                    $0.contains("alloc") || $0.contains("free") || $0.contains("pool_destroy")
                        || $0.contains("_mmap") || $0.contains("noncontiguous")
                        || $0 == "dma_get_sgtable"
                })
        }
        #expect(refused == expected)
    }

    @Test("The text, with its numbers left out")
    func text() throws {
        let question = CallCost.Question("dma_unmap_single", direction: .fromDevice, size: 64)
        let text = CallCostReport(try cost(question, on: "rpi1")).text
            .replacing(#/[0-9]+ +[0-9]+\.[0-9]/#, with: "N")
            .replacing(#/ +N/#, with: " N")
        #expect(
            text == """
                dma_unmap_single FROM_DEVICE, 64 bytes at offset 0 of a page, loaded into the caches before
                on rpi1 with kernel 6.12

                  1. the core's caches: invalidate the range

                operation              lines  cycles     ns
                ---------------------  -----  ------  -----
                the call itself N
                dc ivac 0x10000000 64      2 N
                dsb sy N
                together N

                """)
    }
}
