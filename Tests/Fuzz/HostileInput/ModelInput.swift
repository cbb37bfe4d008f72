import DMAMapping
import Machines
import MemoryModel
import Operations
import Reports
import Statistics
import Traces

@testable import Experiments

/// What becomes a machine, or runs on one.
enum ModelInput {
    /// The most accesses of a text that is checked: fuzzing wants many short runs.
    private static let longestRun: UInt64 = 4_096

    /// Reads a machine; what was read is written with all of its numbers, read again, and runs.
    static func machine(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let description = try MachineDescription.parse(
            yaml: text, file: "input",
            overrides: bytes.first == UInt8(ascii: "#") ? [("l1d.size", "16K")] : [])
        let again: MachineDescription
        do {
            again = try MachineDescription.parse(
                yaml: description.effectiveYAML(), file: "again")
        } catch {
            throw Contradiction("the effective machine cannot be read: \(error)")
        }
        try hold(
            again.configuration == description.configuration,
            "the effective machine is another one")
        var machine = Machine(description.configuration, probe: CountersProbe(), seed: 1)
        let accesses = (0..<64).map {
            MemoryAccess(
                $0 % 3 == 0 ? .store : .load, at: UInt64($0) &* 0x1_0124_0FF8, size: 8,
                agent: .core(0))
        }
        accesses.withUnsafeBufferPointer { machine.replay($0, firstRecord: 1) }
        machine.finish()
    }

    /// Reads a schedule, and does what it pins to a program.
    static func schedule(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let schedule = try Schedule(parsing: text, file: "input")
        do {
            let again = try Schedule(parsing: schedule.text, file: "again")
            try hold(again.pins == schedule.pins, "the schedule that was written is another one")
        } catch let error as TraceErrors {
            throw Contradiction("the schedule that was written cannot be read: \(error)")
        }
        let program = try NativeParser.parse(Array(scheduled.utf8), file: "program")
        _ = try schedule.applied(to: program, file: "input")
    }

    /// A program with what a schedule can pin.
    private static let scheduled = """
        staleline 1
        device eth0
        buffer tx 0x10100000 4096
        st tx 64 by 8
        dc civac tx 64
        dsb sy
        writel eth0+0x10 = 1
        eth0: rd tx 64
        wait eth0
        ld tx 64 by 8
        ld tx 8

        """

    /// Checks a short text on a machine.
    static func check(_ bytes: [UInt8]) throws {
        let program = try NativeParser.parse(bytes, file: "input")
        let setup = try Setup(
            program, file: "input", machine: KnownMachines.configuration(for: bytes))
        guard setup.size <= longestRun else { return }
        let result = try Check.run(setup)
        let report = CheckReport(result)
        try hold(
            !report.text(colours: false).isEmpty && !report.json.text.isEmpty, "an empty report")
    }

    /// Audits a kernel's log.
    static func audit(_ bytes: [UInt8]) throws {
        let reader = KernelLogReader(try ByteSource(bytes: bytes, file: "input"))
        let result = try KernelLogAudit.run(
            reader, machine: KnownMachines.configuration(for: bytes), comparing: true)
        _ = KernelLogReport(result).json.text
    }
}
