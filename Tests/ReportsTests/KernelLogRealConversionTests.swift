import DMAMapping
import MemoryModel
import Operations
import Quantities
import Testing
import Traces

@testable import Experiments

/// The two real logs as programs: the audit of the log and the calls of the program agree.
@Suite("Kernel log: real logs as programs")
struct KernelLogRealConversionTests {
    /// A real log as a program, read back from what is written.
    private static func program(_ name: String, isBinary: Bool = false) throws -> Program {
        let path = Sample.root.appendingPathComponent("Traces/real/\(name).ftrace.txt.zst").path
        let reader = KernelLogReader(try ByteSource(path: path))
        var conversion = LogConversion(LogConversion.Options())
        let sink = ByteSink()
        var stream = try NativeStream(to: sink, isBinary: isBinary)
        try stream.add(.declaration(.kernel("6.12")), nil, symbols: conversion.symbols)
        try conversion.run(reader) { event, symbols in
            for part in event.parts {
                try stream.add(part.body, part.annotations, symbols: symbols)
            }
        }
        try stream.finish(symbols: conversion.symbols)
        #expect(conversion.notes.all.isEmpty)
        return isBinary
            ? try BinaryReader.read(sink.bytes, file: name)
            : try NativeParser.parse(sink.bytes, file: name)
    }

    /// What the calls of a program do.
    private struct Walk {
        var made = [Int](repeating: 0, count: Agent.maximumDevices)
        var released = [Int](repeating: 0, count: Agent.maximumDevices)
        var lines: UInt64 = 0
        var outer: UInt64 = 0

        init(_ program: Program, _ machine: MachineConfiguration) throws {
            let setup = try Setup(program, file: "t", machine: machine)
            var lowering = try setup.lowering()
            lowering.zeroesAllocations = false
            var owners: [SymbolID: (device: Int, count: Int)] = [:]
            for statement in program.statements {
                guard case .operation(let agent, .dma(let call)) = statement.body else { continue }
                if let device = call.device {
                    made[device.index] += call.segments.count
                    #expect(owners[call.handle] == nil)
                    owners[call.handle] = (device.index, call.segments.count)
                } else if !call.function.rawValue.contains("sync") {
                    let taken = owners.removeValue(forKey: call.handle)
                    let owner = try #require(taken)
                    released[owner.device] += owner.count
                }
                var operations: [Operation] = []
                try lowering.lower(.dma(call), agent: agent, into: &operations)
                for operation in operations {
                    guard case .maintenance(let maintenance) = operation else { continue }
                    let isOuter = maintenance.instruction.isOuter
                    guard maintenance.instruction != .outerSync else { continue }
                    let size = UInt64(
                        isOuter
                            ? lowering.profile.outer?.lineSize ?? 32
                            : lowering.profile.innerLineSize)
                    let first = maintenance.start.address.rawValue / size
                    let bytes = max(maintenance.bytes, 1)
                    let last = (maintenance.start.address.rawValue + bytes - 1) / size
                    if isOuter { outer += last - first + 1 } else { lines += last - first + 1 }
                }
            }
        }
    }

    @Test(
        "maps, releases, what is live at the end, and lines of maintenance are those of the audit",
        arguments: ["dma-armhf-virt-6.12.95", "dma-vexpress-a9-6.12.95"],
        ["am5728", "imx6q"])
    func agrees(name: String, machine: String) throws {
        let audit = try LogSample.real(name, on: machine)
        let program = try Self.program(name)
        let walk = try Walk(program, LogSample.machine(machine))
        #expect(program.devices.count == audit.devices.count)
        for (place, device) in audit.devices.enumerated() {
            #expect(walk.made[place] == Int(device.made))
            #expect(walk.released[place] == Int(device.released))
            #expect(walk.made[place] - walk.released[place] == Int(device.live))
        }
        #expect(walk.lines == audit.total.maintenance.lines)
        #expect(walk.outer == audit.total.maintenance.outer)
        let calls = program.statements.count {
            if case .operation = $0.body { true } else { false }
        }
        #expect(calls == Int(audit.events))
    }

    @Test("the binary twin says the same as the text")
    func binary() throws {
        let text = try Self.program("dma-armhf-virt-6.12.95")
        let binary = try Self.program("dma-armhf-virt-6.12.95", isBinary: true)
        #expect(binary.canonicalized() == text.canonicalized())
    }
}
