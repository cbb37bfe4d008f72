import Foundation
import Operations
import Reports
import Testing
import Traces

@testable import Experiments

/// The two real logs of Traces/real, and the same counts by a plain walk over their text.
@Suite("Kernel log: real logs")
struct KernelLogRealTests {
    /// What a walk over the text gives: lines that maps clean or invalidate, and what stays live.
    private struct Walk {
        var events = 0
        var cleans: UInt64 = 0
        var invalidates: UInt64 = 0
        var live: [String: Int] = [:]

        init(_ name: String, lineSize: UInt64) throws {
            let path = Sample.root.appendingPathComponent("Traces/real/\(name).ftrace.txt.zst").path
            let bytes = try ByteSource(path: path).readAll(limit: 1 << 24)
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            where !line.hasPrefix("#") {
                events += 1
                let words = line.split(separator: " ").map(String.init)
                guard
                    let at = words.firstIndex(where: { $0.hasPrefix("dma_") && $0.hasSuffix(":") })
                else { continue }
                var fields: [String: String] = [:]
                for word in words[(at + 2)...] {
                    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                    if parts.count == 2 { fields[parts[0]] = parts[1] }
                }
                note(words[at], device: words[at + 1], fields, lineSize)
            }
        }

        private mutating func note(
            _ event: String, device: String, _ fields: [String: String], _ lineSize: UInt64
        ) {
            var ranges: [(UInt64, UInt64)] = []
            if let address = fields["dma_addr"], let size = fields["size"] {
                ranges = [(UInt64(address, radix: 16) ?? 0, UInt64(size) ?? 0)]
            } else if let list = fields["dma_addrs"], let sizes = fields["sizes"] {
                ranges = Array(zip(Self.numbers(list), Self.numbers(sizes)))
            }
            let isFrom = fields["dir"] == "FROM_DEVICE"
            if event.hasPrefix("dma_map") {
                live[device, default: 0] += ranges.count
                for (start, size) in ranges {
                    if isFrom {
                        invalidates += Self.invalidated(start, size, lineSize)
                    } else {
                        cleans += Self.touched(start, size, lineSize)
                    }
                }
            } else if event == "dma_alloc:" {
                live[device, default: 0] += 1
            } else if event == "dma_unmap_sg:" {
                live[device, default: 0] -= Self.numbers(fields["phys_addrs"] ?? "").count
            } else if event == "dma_unmap_page:" {
                live[device, default: 0] -= 1
            }
        }

        private static func numbers(_ list: String) -> [UInt64] {
            list.dropFirst().dropLast().split(separator: ",").map {
                UInt64($0.dropFirst(2), radix: 16) ?? 0
            }
        }

        private static func touched(_ start: UInt64, _ size: UInt64, _ line: UInt64) -> UInt64 {
            UInt64(Set((start..<start + size).map { $0 / line }).count)
        }

        /// ARMv7 from 4.20 on treats the two ends apart, even in one line.
        private static func invalidated(
            _ start: UInt64, _ size: UInt64, _ line: UInt64
        ) -> UInt64 {
            let isWithin =
                start % line != 0 && (start + size) % line != 0
                && start / line == (start + size) / line
            return touched(start, size, line) + (isWithin ? 1 : 0)
        }
    }

    @Test(
        "every line is used, maps and unmaps match, lines and live mappings are those of a plain walk",
        arguments: ["dma-armhf-virt-6.12.95", "dma-vexpress-a9-6.12.95"], ["am5728", "imx6q"])
    func audited(name: String, machine: String) throws {
        let result = try LogSample.real(name, on: machine)
        let walk = try Walk(name, lineSize: UInt64(result.machine.dataLineSize))
        #expect(Int(result.events) == walk.events)
        #expect(result.kinds.reduce(0) { $0 + $1.count } == result.lines)
        #expect(result.kinds.filter { !$0.isEvent }.map(\.kind) == ["comments"])
        #expect(result.findings.isEmpty && result.unknownWords.isEmpty)
        #expect(result.total.unpriced == 0 && result.losses == 0)
        for device in result.devices {
            #expect(device.unmatched == 0 && device.failed == 0)
            #expect(Int(device.live) == walk.live[device.name])
        }
        var cleans: UInt64 = 0
        var invalidates: UInt64 = 0
        for device in result.devices {
            cleans += device.costs(.toDevice, .forDevice).maintenance.cleans
            invalidates += device.costs(.fromDevice, .forDevice).maintenance.lines
        }
        #expect(cleans == walk.cleans && invalidates == walk.invalidates)
        if result.machine.hasOuterCache {
            #expect(result.total.maintenance.outer == result.total.maintenance.lines)
        } else {
            #expect(result.total.maintenance.outer == 0)
        }
    }

    @Test("the reports say what the result has, as text and as JSON")
    func reports() throws {
        let result = try LogSample.real("dma-armhf-virt-6.12.95", on: "imx6q")
        let report = KernelLogReport(result)
        let json = try Document(report.json)
        #expect(json["schema"]?.string == "staleline.check/1")
        #expect(json["findings"]?.list?.isEmpty == true)
        #expect(json["counts.misuse"]?.count == 0)
        #expect(json["log.events"]?.count == Int(result.events))
        #expect(
            json["log.total.cycles"]?.number == Double(result.total.maintenance.cycles))
        for device in result.devices { #expect(report.text.contains(device.name)) }
        #expect(report.text.contains(Format.grouped(result.total.maintenance.cycles)))
        #expect(report.text.hasSuffix(report.closing))
    }

    @Test(
        "a saving never exceeds what was logged, and a coherent machine port is told where there is one"
    )
    func comparison() throws {
        for (machine, port) in [("am5728", "ACP"), ("imx6q", nil)] as [(String, String?)] {
            let path = Sample.root.appendingPathComponent(
                "Traces/real/dma-armhf-virt-6.12.95.ftrace.txt.zst"
            ).path
            let comparison = try KernelLogComparison.run(
                KernelLogReader(ByteSource(path: path)), machine: LogSample.machine(machine))
            let total = comparison.result.total
            #expect(
                comparison.loggedCycles
                    == total.maintenance.cycles + total.calls * comparison.result.callCycles)
            for strategy in comparison.strategies {
                #expect(strategy.savedCycles >= 0)
                #expect(strategy.savedCycles <= Double(comparison.loggedCycles))
            }
            let coherent = try #require(
                comparison.strategies.first { $0.name == "coherent-port" })
            if let port {
                #expect(coherent.condition.contains(port))
            } else {
                #expect(coherent.certainty == .unavailable)
            }
            let json = try Document(KernelLogCompareReport(comparison).json)
            #expect(json["schema"]?.string == "staleline.compare/1")
            #expect(json["strategies.0.name"]?.string == comparison.strategies.first?.name)
        }
    }

    @Test(
        "a release with maintenance after a sync is a certain saving, and a short buffer is copied")
    func savings() throws {
        let map =
            "dma_map_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=2048 phys_addr=80001000 attrs=\n"
        let sync = "dma_sync_single_for_cpu: d0 dir=FROM_DEVICE dma_addr=80001000 size=64\n"
        let unmap = "dma_unmap_page: d0 dir=FROM_DEVICE dma_addr=80001000 size=2048 attrs="
        let again = try LogSample.audit(map + sync + unmap + "\n", comparing: true).savings
        #expect(again.resyncedCount == 1 && again.resynced.invalidates == 32)
        #expect(again.wholeCount == 0 && again.syncedBytes == 64 && again.syncedWhole == 2048)
        let skipped = try LogSample.audit(map + sync + unmap + "SKIP_CPU_SYNC\n").savings
        #expect(skipped.resyncedCount == 0)
        let back = sync.replacing("for_cpu", with: "for_device")
        let given = try LogSample.audit(map + sync + back + unmap + "\n").savings
        #expect(given.resyncedCount == 0 && given.wholeCount == 1)
        let short = try LogSample.audit(
            "dma_map_page: d0 dir=TO_DEVICE dma_addr=80001000 size=16 phys_addr=80001000 attrs=\n",
            comparing: true
        ).savings
        #expect(short.copied[0].count == 1 && short.copied[0].copyCycles < short.copied[0].cycles)
    }
}
