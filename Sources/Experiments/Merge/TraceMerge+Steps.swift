import DMAMapping
import Operations
import Quantities
import Traces

// The side with the calls becomes steps, in names and devices of the merged program.

extension TraceMerge {
    mutating func takeSteps(_ dma: DMASide) throws {
        switch dma {
        case .log(let reader): try takeSteps(of: reader)
        case .program(let program, let file):
            var importer = ProgramImporter(
                program, file: file, into: cpu.program, symbols: symbols, clock: clock)
            steps = try importer.steps()
            symbols = importer.symbols
        }
    }

    private mutating func takeSteps(of reader: KernelLogReader) throws {
        let program = cpu.program
        var options = options.log
        let cores = Self.cores(of: program)
        if !self.options.hasCores, cores.count <= 1 {
            options.cores = CoreChoice(all: cores.first ?? 0)
        }
        var conversion = LogConversion(
            options, symbols: symbols,
            devices: program.devices.map { (symbols[$0.name]?.name ?? "", $0.agent) })
        // The conversion has the names from here on; nobody else may hold them, or each new one would copy them all.
        symbols = SymbolTable()
        var steps: [MergeStep] = []
        var summary: MergeStep?
        try conversion.run(reader) { event, _ in
            guard !event.parts.isEmpty else { return }
            if event.isSummary {
                summary = MergeStep(event)
            } else {
                steps.append(MergeStep(event))
            }
        }
        symbols = conversion.symbols
        for name in conversion.deviceNames where name.log != name.program {
            result.remarks.append("device \(name.log) is \(name.program)")
        }
        let names = Dictionary(
            conversion.deviceNames.map { ($0.log, $0.program) },
            uniquingKeysWith: { first, _ in first })
        for place in steps.indices {
            steps[place].device.program = names[steps[place].device.log] ?? ""
        }
        self.steps = steps
        closing = summary
        if let kernel = kernelDeclaration {
            self.steps.insert(MergeStep(kernel, line: 0), at: 0)
        }
        result.notSaid = conversion.notes.all + LogConversion.leftOut(reader)
        for (cpu, core) in conversion.cores.folded {
            let why =
                self.options.hasCores ? "" : ", the only core of \(self.cpu.file)"
            result.remarks.append("CPU \(cpu) is core\(core)\(why)")
        }
    }

    /// The kernel's declaration, if the CPU's side has none.
    private var kernelDeclaration: ConvertedEvent.Part? {
        let isDeclared = cpu.program.declarations.contains {
            if case .kernel = $0 { true } else { false }
        }
        return isDeclared
            ? nil : ConvertedEvent.Part(.declaration(.kernel("\(options.log.kernel)")))
    }

    /// The numbers of the cores that a program uses, lowest first.
    static func cores(of program: Program) -> [Int] {
        var used = [Bool](repeating: false, count: Agent.maximumCores)
        for statement in program.statements {
            if case .operation(let agent, _) = statement.body, agent.isCore,
                agent.index < used.count
            {
                used[agent.index] = true
            }
        }
        return used.indices.filter { used[$0] }
    }
}
