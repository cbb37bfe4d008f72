import DMAMapping
import Foundation
import Hazards
import Machines
import MemoryModel
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// Kernel logs and the machines that they are priced on.
enum LogSample {
    static func machine(_ name: String) throws -> MachineConfiguration {
        let yaml = try String(
            contentsOf: Sample.root.appendingPathComponent("configs/\(name).yaml"), encoding: .utf8)
        return try MachineDescription.parse(yaml: yaml, file: name).configuration
    }

    /// A log of events alone, one a line, with a head before each.
    static func audit(
        _ events: String, on machine: String = "am5728", coherent: [String] = [],
        comparing: Bool = false, kernel: String? = nil
    ) throws -> KernelLogResult {
        let lines = events.split(separator: "\n").enumerated().map { index, event in
            event.contains("=>") || event.hasPrefix("CPU:")
                ? String(event) : "sh-9 [000] ..... 5.00000\(index % 10): \(event)"
        }
        let text = lines.joined(separator: "\n") + "\n"
        return try KernelLogAudit.run(
            KernelLogReader(ByteSource(bytes: Array(text.utf8), file: "log")),
            machine: self.machine(machine), kernel: kernel.map { try KernelEra(parsing: $0) },
            coherent: coherent, comparing: comparing)
    }

    static func real(_ name: String, on machine: String) throws -> KernelLogResult {
        let path = Sample.root.appendingPathComponent("Traces/real/\(name).ftrace.txt.zst").path
        return try KernelLogAudit.run(
            KernelLogReader(ByteSource(path: path)), machine: self.machine(machine))
    }
}

@Suite("Kernel log: pairing and prices")
struct KernelLogAuditTests {
    private static let map =
        "dma_map_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 phys_addr=80001000 attrs=\n"
    private static let unmap =
        "dma_unmap_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=4096 attrs=\n"

    @Test(
        "a page from the device on ARMv7 with lines of 64 bytes is 64 invalidates at map and 64 at unmap"
    )
    func page() throws {
        let result = try LogSample.audit(Self.map + Self.unmap)
        let device = try #require(result.devices.first)
        for half in [LogDevice.Half.forDevice, .forCPU] {
            let counts = device.costs(.fromDevice, half).maintenance
            #expect(counts.invalidates == 64)
            #expect(counts.lines == 64)
            #expect(counts.barriers == 1)
            let costs = result.machine.costs
            #expect(counts.cycles == UInt64(64 * costs.maintenanceCycles + costs.dsbCycles))
        }
        #expect(result.findings.isEmpty && result.live.isEmpty)
        #expect(device.made == 1 && device.released == 1 && device.unmatched == 0)
        // The same page through an outer cache with lines of 32 bytes.
        let outer = try LogSample.audit(Self.map + Self.unmap, on: "imx6q").total.maintenance
        #expect(outer.invalidates == 256 && outer.outer == 256 && outer.outerSyncs == 2)
    }

    @Test("a page on a machine whose maintenance is answered costs what the machine takes for it")
    func answered() throws {
        let result = try LogSample.audit(Self.map + Self.unmap, on: "rpi5")
        let costs = result.machine.costs
        // 95 ns at 2400 MHz are 228 cycles.
        #expect(costs.maintenanceResponse == Ticks(nanoseconds: 95))
        let cycles = UInt64(64 * costs.maintenanceCycles + costs.dsbCycles + 228)
        for half in [LogDevice.Half.forDevice, .forCPU] {
            let maintenance = try #require(result.devices.first).costs(.fromDevice, half)
                .maintenance
            #expect(maintenance.cycles == cycles)
        }
    }

    @Test("a coherent device is maintained nowhere, and its calls still must match")
    func coherent() throws {
        let result = try LogSample.audit(
            Self.map + Self.unmap + Self.unmap, coherent: ["d0"])
        #expect(result.total.maintenance == MaintenanceCounts())
        #expect(result.total.calls == 3)
        #expect(result.findings.map(\.rule) == [.releasedTwice])
        #expect(throws: TraceErrors.self) {
            try LogSample.audit(Self.map, coherent: ["d1"])
        }
    }

    @Test(
        "what does not match is found",
        arguments: [
            (unmap, [LogRule](), 1), (map + unmap + unmap, [.releasedTwice], 0),
            (map + unmap + "CPU:0 [LOST 5 EVENTS]\n" + unmap, [], 1),
            (
                map + map.replacing("FROM", with: "TO") + unmap
                    + unmap.replacing("FROM", with: "TO"), [.sharedLine], 0
            ),
            (map + unmap.replacing("4096", with: "2048"), [.releasedWithOtherSize], 0),
            (
                map + unmap.replacing("FROM_DEVICE", with: "TO_DEVICE"),
                [.releasedWithOtherDirection], 0
            ),
            (map + unmap.replacing("page", with: "resource"), [.releasedByOtherFunction], 0),
            (map.replacing("dma_addr=80001000", with: "dma_addr=ffffffff"), [], 0),
            (map + unmap.replacing("80001000", with: "ffffffffffffffff"), [.failedMapReleased], 0),
            (
                map + "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001800 size=2048\n"
                    + unmap, [], 0
            ),
            (
                map + "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001800 size=2049\n"
                    + unmap, [.syncBeyondMapping], 0
            ),
            (
                map + "dma_sync_single_for_cpu: d0 dir=TO_DEVICE dma_addr=80001000 size=64\n"
                    + unmap, [.syncWithOtherDirection], 0
            ),
            (
                map + unmap
                    + "dma_sync_single_for_device: d0 dir=FROM_DEVICE dma_addr=80001000 size=64\n",
                [.syncAfterRelease], 0
            ),
            ("dma_sync_single_for_device: d0 dir=FROM_DEVICE dma_addr=80001000 size=64\n", [], 1),
            // Another device's mapping at the same address is its own affair.
            (map + unmap.replacing("d0", with: "d1"), [], 1),
        ] as [(String, [LogRule], UInt64)])
    func pairing(events: String, rules: [LogRule], unmatched: UInt64) throws {
        let result = try LogSample.audit(events)
        #expect(result.findings.map(\.rule) == rules)
        #expect(result.devices.reduce(0) { $0 + $1.unmatched } == unmatched)
        let made = result.devices.reduce(0) { $0 + $1.made }
        let released = result.devices.reduce(0) { $0 + $1.released }
        #expect(result.live.reduce(0) { $0 + $1.count } == made - released)
    }

    @Test("lists are matched by their first physical address, with their count")
    func lists() throws {
        let map =
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x1000,0x9000} sizes={0x1000,0x40} "
            + "phys_addrs={0x81000,0x89000} attrs=\n"
        let unmap = "dma_unmap_sg: d0 dir=TO_DEVICE phys_addrs={0x81000,0x89000} attrs=\n"
        let matched = try LogSample.audit(map + unmap)
        #expect(matched.findings.isEmpty && matched.live.isEmpty)
        #expect(matched.total.maintenance.cleans == 65)
        #expect(matched.total.maintenance.barriers == 2)
        #expect(try LogSample.audit(map + unmap + unmap).findings.map(\.rule) == [.releasedTwice])
        #expect(
            try LogSample.audit(map + unmap.replacing(",0x89000", with: "")).findings.map(\.rule)
                == [.otherEntryCount])
        #expect(
            try LogSample.audit(map + unmap.replacing("TO_", with: "FROM_")).findings.map(\.rule)
                == [.releasedWithOtherDirection])
        // Behind an IOMMU one segment may stand for both entries.
        let merged = try LogSample.audit(
            "dma_map_sg: d0 dir=TO_DEVICE dma_addrs={0x1000} sizes={0x2000} "
                + "phys_addrs={0x81000,0x89000} attrs=\n" + unmap)
        #expect(merged.findings.isEmpty && merged.live.isEmpty)
        #expect(merged.total.maintenance.cleans == 128)
    }

    @Test("a call's cost and a live mapping carry the function of its stack")
    func sites() throws {
        let result = try LogSample.audit(
            Self.map + "<stack trace>\n => dma_map_page_attrs\n => nvme_queue_rq\n => blk\n")
        #expect(result.sites.map(\.function) == ["nvme_queue_rq"])
        #expect(result.sites.first?.costs.maintenance == result.total.maintenance)
        #expect(result.live.first?.function == "nvme_queue_rq")
    }

    @Test(
        "the price of a call is what the machine takes for it with nothing dirty",
        arguments: ["am5728", "imx6q", "zynq7000", "rpi3", "rpi4", "imx7d"])
    func prices(name: String) throws {
        let machine = try LogSample.machine(name)
        var prices = try CallPrices(machine, kernel: .linux(KernelVersion(6, 12)), file: "log")
        for work in [CallPrices.Work.forDevice, .forCPU, .coherent] {
            for direction in [DMADirection.toDevice, .fromDevice, .bidirectional] {
                for (address, size) in [
                    (0, 4096), (0x40, 64), (0x42, 102), (0x7E, 1), (0x10, 16_384),
                ] as [(UInt64, UInt64)] {
                    let counts = try prices.price(work, direction, [], at: address, size: size)
                    let operations = try prices.lowered(work, direction, at: address, size: size)
                    let cycles = PriceRig(machine).cycles(of: operations)
                    #expect(
                        Double(counts.cycles) == cycles, "\(work) \(direction) \(address) \(size)")
                }
            }
        }
    }

    @Test("a mapping that is found again after thousands of others were made and released")
    func table() {
        var table = MappingTable()
        var random = SplitMix(state: 7)
        var places: [Int32: LoggedMapping] = [:]
        var order: [Int32] = []
        func mapping(_ number: UInt64) -> LoggedMapping {
            let size: UInt64 = [1, 2048, 4096, 1 << 21, 1 << 29, 1 << 40][Int(random.next() % 6)]
            return LoggedMapping(
                kind: .page, device: Int32(random.next() % 3), direction: .toDevice, attributes: [],
                dma: random.next() % (1 << 44), physical: 0, size: size, line: number)
        }
        for number in 0..<20_000 {
            if number % 3 == 2 {
                // Any of the last hundred, so that chains are cut at their ends and in between.
                let place = order.remove(
                    at: order.count - 1 - Int(random.next() % 100) % order.count)
                table.remove(place)
                places[place] = nil
            } else {
                let new = mapping(UInt64(number))
                order.append(table.insert(new))
                places[order[order.count - 1]] = new
            }
        }
        #expect(table.count == places.count)
        for (place, mapping) in places {
            var found = false
            table.forEach(device: mapping.device, at: mapping.dma + mapping.size - 1) { at, _ in
                found = found || at == place
                return true
            }
            #expect(found)
        }
        #expect(table.live.count == places.count)
    }

    private struct SplitMix {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 16
        }
    }
}
