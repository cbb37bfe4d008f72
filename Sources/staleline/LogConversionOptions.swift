import ArgumentParser
import DMAMapping
import Experiments
import Traces

/// What a kernel log needs to be told to become statements.
struct LogConversionOptions: ParsableArguments {
    @OptionGroup var log: LogOptions
    @Option(help: "The kernel of a log, as 6.18: written into the trace. Default: 6.12.")
    var kernel: String?
    @Option(
        help: """
            Which core does what a CPU of a log does: CPU=CORE,… with rest=CORE for all others, or one CORE for all. \
            Default: the core of the same number.
            """)
    var cpus: String?
    @Option(
        name: .customLong("device"),
        help: "The name in the trace of a log's device: LOGNAME=NAME. May repeat.")
    var devices: [String] = []

    /// Refuses the options for other traces.
    func refuseWithoutLog() throws {
        try log.refuseWithoutLog()
        let given = [
            kernel.map { "--kernel \($0)" }, cpus.map { "--cpus \($0)" },
            devices.first.map { "--device \($0)" },
        ].compactMap { $0 }
        guard given.isEmpty else {
            throw BadInput("\(given.joined(separator: ", ")): only a kernel log needs it")
        }
    }

    /// The kernel, if one is given.
    func version() throws -> KernelVersion? {
        guard let kernel else { return nil }
        do {
            guard case .linux(let version) = try KernelEra(parsing: kernel) else {
                throw BadInput("--kernel \(kernel): expected a version: a kernel log is of one")
            }
            return version
        } catch let error as KernelVersionError {
            throw BadInput("--kernel \(kernel): expected a version as 6.12: \(error)")
        }
    }

    /// All of them.
    ///
    /// - Parameter declared: The kernel where none is given.
    /// - Returns: the options.
    /// - Throws: ``BadInput`` for one that says nothing.
    func options(declared: KernelVersion? = nil) throws -> LogConversion.Options {
        var options = LogConversion.Options()
        options.asksForErrors = true
        options.kernel = try version() ?? declared ?? options.kernel
        options.coherent = log.coherent
        if let cpus {
            guard let cores = CoreChoice(cpus) else {
                throw BadInput(
                    "--cpus \(cpus): expected CPU=CORE,… with cores of 0 to 7, rest=CORE, or CORE")
            }
            options.cores = cores
        }
        for text in devices {
            // Names of the log may have an equals sign, valid names have none.
            guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
                NativeName.isValid(String(text[text.index(after: equals)...]))
            else {
                throw BadInput("--device \(text): expected LOGNAME=NAME, NAME valid in a trace")
            }
            options.deviceNames[String(text[..<equals])] = String(
                text[text.index(after: equals)...])
        }
        return options
    }
}

/// Reports of what a conversion could not say.
enum ConversionReport {
    /// The lines on standard error: what is not said, devices by other names, CPUs on other cores.
    static func lines(
        _ conversion: LogConversion, leftOut: [(kind: String, count: UInt64)]
    ) -> [String] {
        var lines = (conversion.notes.all + leftOut).map { "\($0.count) × \($0.kind)" }
        for name in conversion.deviceNames where name.log != name.program {
            lines.append("device \(name.log) is \(name.program)")
        }
        for (cpu, core) in conversion.cores.folded { lines.append("CPU \(cpu) is core\(core)") }
        return lines
    }
}
