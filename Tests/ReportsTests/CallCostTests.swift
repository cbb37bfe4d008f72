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

    @Test(
        "A buffer that is bounced is copied, at a cost; a small one may be without being asked to")
    func bounced() throws {
        var question = CallCost.Question("dma_map_single", direction: .toDevice, size: 4_096)
        let direct = try cost(question, on: "rpi3")
        #expect(!direct.plan.contains { $0.contains("bounce") })
        question.isBounced = true
        let bounced = try cost(question, on: "rpi3")
        #expect(bounced.plan.contains("copy the range to its bounce slot"), "\(bounced.plan)")
        #expect(bounced.time > direct.time)
        #expect(CallCostReport(bounced).text.contains("copy the range to its bounce slot"))
        question.name = "dma_unmap_single"
        question.direction = .fromDevice
        let back = try cost(question, on: "rpi3")
        #expect(back.plan.contains("copy the bounce slot back to the range"), "\(back.plan)")
        // From 6.5 on arm64 kernels bounce what is smaller than a line and written by the device.
        let small = CallCost.Question("dma_map_single", direction: .fromDevice, size: 16)
        let slot =
            "a buffer of this size may share its lines with others: the device gets a bounce slot"
        #expect(try cost(small, on: "rpi3", kernel: "6.18").plan.first == slot)
        #expect(try cost(small, on: "rpi3", kernel: "6.1").plan.first != slot)
    }

    @Test(
        "Every call can be asked about with a bounced buffer",
        arguments: ["rpi3", "rpi1", "zynq7000", "kirkwood"], ["4.9", "6.12", "6.18"])
    func everyBounced(machine: String, kernel: String) throws {
        for name in CallCost.linuxNames {
            var question = CallCost.Question(name, direction: .bidirectional, size: 256)
            question.isBounced = true
            do {
                let cost = try cost(question, on: machine, kernel: kernel)
                #expect(CallCostReport(cost).text.contains(name))
            } catch let error as TraceErrors {
                #expect(error.errors.allSatisfy { !$0.expected.isEmpty }, "\(error)")
            }
        }
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
