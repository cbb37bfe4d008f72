import Events
import Hazards
import MemoryModel
import Operations
import Statistics
import Traces

/// What `check` found of a program on a machine.
public struct CheckResult: Sendable {
    /// The program and the machine.
    public var setup: Setup
    /// What was found.
    public var judgement: Judgement
    /// What the same run counted and timed.
    public var replay: ReplayResult
    /// How many bytes were watched.
    public var watchedBytes: UInt64
}

/// Runs a program once and judges it three ways.
public enum Check {
    /// Judges a program: by what happened to its bytes, by what may happen, and by the rules of the API.
    ///
    /// - Throws: where the program cannot be run.
    public static func run(_ setup: Setup) throws(TraceErrors) -> CheckResult {
        let profile = setup.hazardProfile
        let watch = WatchList(setup.physicalProgram, lineSize: profile.lineSize)
        let bytes = UInt64(watch.count) * 64
        guard bytes <= WatchList.limit else {
            throw TraceErrors([
                TraceError(
                    file: setup.file, line: 0,
                    found: "\(bytes) bytes that devices or DMA calls touch",
                    expected: "at most \(WatchList.limit) bytes to judge in one run")
            ])
        }
        var runner = try ProgramRunner(
            setup,
            probe: ProbePair(CountersProbe(), ManifestDetector(profile: profile, watch: watch)),
            keepsSteps: true)
        try runner.run()
        var map = MemoryMap()
        for mapping in setup.declaredMappings { map.insert(mapping) }
        var latent = LatentAnalysis(profile: profile, watch: watch, map: map)
        let possible = latent.run(runner.steps)
        var rules = APIRules(profile: profile)
        let misuse = rules.run(setup.program)
        let replay = runner.result(on: setup.machine)
        let shown = runner.machine.probe.second.findings
        return CheckResult(
            setup: setup,
            judgement: Judgement(
                manifest: shown, latent: possible, misuse: misuse, profile: profile),
            replay: replay,
            watchedBytes: bytes)
    }
}

extension Setup {
    /// The program with the addresses of devices and calls as physical ones, for the watch list.
    var physicalProgram: Program {
        var map = MemoryMap()
        for mapping in declaredMappings { map.insert(mapping) }
        guard !map.mappings.isEmpty else { return program }
        var result = program
        for index in result.statements.indices {
            guard case .operation(let agent, let operation) = result.statements[index].body else {
                continue
            }
            func physical(_ operand: Operand) -> Operand {
                let mapping = map.mapping(of: operand.address.rawValue)
                return Operand(
                    operand.address.rawValue &- mapping.start &+ mapping.physical,
                    symbol: operand.symbol)
            }
            switch operation {
            case .device(var device):
                device.start = physical(device.start)
                result.statements[index].body = .operation(agent, .device(device))
            case .dma(var call):
                for place in call.segments.indices {
                    call.segments[place].start = physical(call.segments[place].start)
                }
                result.statements[index].body = .operation(agent, .dma(call))
            default: break
            }
        }
        return result
    }
}
