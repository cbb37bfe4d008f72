import DMAMapping
import Experiments
import Reports
import Traces

extension ConvertCommand {
    /// Writes a kernel log as a native trace, without holding it.
    ///
    /// - Returns: how many statements were written, what was not said by kind, and what else there is to say.
    func writeProgram(
        _ reader: KernelLogReader, _ format: TraceFormat, to path: String
    ) throws -> (UInt64, [(kind: String, count: UInt64)], [String]) {
        guard format == .native || format == .nativeBinary else {
            throw BadInput(
                "\(output): a kernel log has no accesses; expected .slt or .sltb, which have its calls"
            )
        }
        let options = try logs.options()
        var conversion = LogConversion(options)
        var stream = try NativeStream(
            to: ByteSink(path: path), isBinary: format == .nativeBinary)
        try stream.add(
            .declaration(.kernel("\(options.kernel)")), nil, symbols: conversion.symbols)
        try conversion.run(reader) { event, symbols in
            for part in event.parts {
                try stream.add(part.body, part.annotations, symbols: symbols)
            }
        }
        try stream.finish(symbols: conversion.symbols)
        var lines = ConversionReport.lines(conversion, leftOut: [])
        lines.removeFirst(conversion.notes.all.count)
        if logs.kernel == nil { lines.append("no --kernel given: \(options.kernel)") }
        if stream.count > UInt64(NativeLimits.statements) {
            lines.append(
                "more than \(Format.grouped(UInt64(NativeLimits.statements))) statements: too many to be "
                    + "read whole, as check does; cut the log")
        }
        return (stream.count, conversion.notes.all + LogConversion.leftOut(reader), lines)
    }
}
