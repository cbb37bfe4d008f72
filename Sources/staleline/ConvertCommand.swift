import ArgumentParser
import Foundation
import Operations
import Reports
import Traces

/// `staleline convert`.
struct ConvertCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Convert between trace formats.",
        discussion: """
            The output's format is its ending's: .slt, .sltb, .xdin, .lackey; or --to. A kernel log of dma tracepoints \
            becomes the calls that it tells; what the format cannot say becomes marks, counted on standard error. \
            docs/trace-formats.md says what each format has. Exit status: 0 done, 2 bad input, 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @Argument(help: "The file to write; - for standard output (then --to is needed).") var output:
        String
    @Option(help: "The output's format: slt, sltb, xdin, lackey.") var to: String?
    @Flag(help: "Leave the values of a recording out: its native trace is shorter.")
    var leaveOutValues = false
    @OptionGroup var logs: LogConversionOptions
    @OptionGroup var limits: LimitOptions
    @Flag(help: "Say what was converted as JSON (schema staleline.convert/1), on standard error.")
    var json = false

    func run() throws {
        let format = try outputFormat()
        let opened = try trace.open(allowingCut: true)
        var isLog = false
        if case .kernelLog = opened { isLog = true }
        if !isLog { try logs.refuseWithoutLog() }
        let count: UInt64
        var remarks: [String] = []
        var losses: [(kind: String, count: UInt64)] = []
        let target = try OutputTarget(output)
        do {
            switch (opened, format) {
            case (.program(let program, _), .native), (.program(let program, _), .nativeBinary):
                try ProgramOutput.write(program, format, to: target.path)
                count = UInt64(program.statements.count)
            case (.program(let program, let file), _):
                try program.checkSize(file: file)
                (count, losses) = try writeAccesses(of: program, file, format, to: target.path)
            case (.recording(let reader), .native), (.recording(let reader), .nativeBinary):
                (count, losses) = try RecordingStatements.write(
                    reader, to: ByteSink(path: target.path), isBinary: format == .nativeBinary,
                    keepsValues: !leaveOutValues)
                remarks = RecordingRemarks.lines(reader)
            case (.recording(let reader), _):
                (count, losses) = try copy(reader, format, to: target.path)
                remarks = RecordingRemarks.lines(reader)
            case (.samples, _): throw OpenedTrace.isSample("convert")
            case (.accesses(let reader), .native), (.accesses(let reader), .nativeBinary):
                count = try writeProgram(reader, format, to: target.path)
                losses = reader.skipped
            case (.accesses(let reader), _):
                (count, losses) = try copy(reader, format, to: target.path)
            case (.kernelLog(let reader), _):
                (count, losses, remarks) = try writeProgram(reader, format, to: target.path)
            }
            try target.commit()
        } catch {
            throw target.discard(after: error)
        }
        report(count, losses, remarks, format)
    }

    private func outputFormat() throws -> TraceFormat {
        let ending = output.split(separator: ".").last.map(String.init)
        let name = to ?? ending ?? ""
        guard let format = TraceFormat(name: name),
            [.native, .nativeBinary, .extendedDin, .lackey].contains(format)
        else {
            throw BadInput(
                to == nil
                    ? "\(output): expected an ending .slt, .sltb, .xdin or .lackey, or --to FORMAT"
                    : "--to \(name): expected slt, sltb, xdin or lackey")
        }
        return format
    }

    private func writeAccesses(
        of program: Program, _ file: String, _ format: TraceFormat, to path: String
    ) throws -> (UInt64, [(kind: String, count: UInt64)]) {
        let writer = AccessWriter(to: try ByteSink(path: path), format: format)
        var failure: (any Error)?
        _ = program.forEachAccess { access in
            guard failure == nil else { return }
            do { try writer.write(access) } catch { failure = error }
        }
        if let failure { throw failure }
        try writer.finish()
        var dropped: UInt64 = 0
        for statement in program.statements {
            guard case .operation(_, let operation) = statement.body else { continue }
            switch operation {
            case .access, .run, .copy: break
            default: dropped += 1
            }
        }
        let lost = dropped > 0 ? [("statements that are no loads, stores or fetches", dropped)] : []
        return (writer.recordCount, writer.losses + lost)
    }

    private func copy(
        _ reader: any AccessSource, _ format: TraceFormat, to path: String
    ) throws -> (UInt64, [(kind: String, count: UInt64)]) {
        let writer = AccessWriter(to: try ByteSink(path: path), format: format)
        try forEachBlock(reader) { block in try writer.write(block) }
        try writer.finish()
        // A record of a recording can be several accesses, or none.
        let count = reader is RecordingReader ? writer.recordCount : reader.recordCount
        return (count, reader.skipped + writer.losses)
    }

    private func forEachBlock(
        _ reader: any AccessSource, _ body: (UnsafeBufferPointer<MemoryAccess>) throws -> Void
    ) throws {
        let block = UnsafeMutableBufferPointer<MemoryAccess>.allocate(
            capacity: AccessReader.blockSize)
        defer { block.deallocate() }
        while true {
            let count = try reader.read(into: block)
            if count == 0 { return }
            try body(UnsafeBufferPointer(rebasing: block[0..<count]))
        }
    }

    private func report(
        _ count: UInt64, _ losses: [(kind: String, count: UInt64)], _ remarks: [String],
        _ format: TraceFormat
    ) {
        if json {
            Diagnostics.note(
                JSONValue.object([
                    ("schema", .string("staleline.convert/1")), ("records", .integer(count)),
                    ("format", .string(format.name)),
                    ("notWritten", .object(losses.map { ($0.kind, .integer($0.count)) })),
                    ("remarks", .array(remarks.map { .string($0) })),
                ]).text)
            return
        }
        Diagnostics.note("\(Format.grouped(count)) records written as \(format.name) to \(output)")
        for loss in losses {
            Diagnostics.note("not written: \(Format.grouped(loss.count)) × \(loss.kind)")
        }
        for remark in remarks { Diagnostics.note(remark) }
    }
}
