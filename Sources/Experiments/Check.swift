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
    /// What dma-debug would print although no rule is broken, in order.
    public var remarks: [KernelRemark]
}

/// Runs a program once and judges it three ways.
public enum Check {
    /// Judges a program: by what happened to its bytes, by what may happen, and by the rules of the API.
    ///
    /// - Throws: where the program cannot be run.
    public static func run(_ setup: Setup) throws(TraceErrors) -> CheckResult {
        var result = try judge(setup)
        guard result.judgement.count(.manifest) > 0 else { return result }
        for (erratum, machine) in setup.machine.errata {
            var mended = setup
            mended.machine = machine
            result.judgement = result.judgement.attributed(
                to: erratum, mended: try judge(mended).judgement, profile: setup.hazardProfile)
        }
        return result
    }

    private static func judge(_ setup: Setup) throws(TraceErrors) -> CheckResult {
        let profile = setup.hazardProfile
        var map = MemoryMap()
        for mapping in setup.declaredMappings { map.insert(mapping) }
        if let error = ProgramFit.sizeError(
            of: setup.program, file: setup.file, limit: ProgramFit.judgedLimit)
        {
            throw TraceErrors([error])
        }
        let watch = try setup.watchList(map)
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
            keepingStepsFor: watch)
        try runner.run()
        var latent = LatentAnalysis(profile: profile, watch: watch, map: map)
        let possible = latent.run(runner.steps)
        var rules = APIRules(profile: profile)
        var owners = OwnershipRules(profile: profile, unreachable: runner.failures)
        var broken =
            rules.run(setup.program, unreachable: runner.failures)
            + owners.run(setup.program, watch: watch, map: map)
        var memory = DeviceMemoryRules(profile: profile, map: map)
        var caches = SetWayRules(profile: profile, watch: watch)
        broken += memory.run(setup.program) + caches.run(runner.steps, map: map)
        broken += SharedBlocks(profile: profile).run(try setup.smallBuffers())
        if profile.usesLinux { broken += ListRules().run(setup.program) }
        let kernel = setup.kernelReports
        let overlaps = setup.overlaps(
            kernel.reports, shared: Set(broken.filter { $0.code == .h19 }.map(\.record)))
        // What bounces has lines of its own.
        let misuse = broken.filter {
            $0.code != .h19 || kernel.bounced.isDisjoint(with: [$0.record, $0.writeRecord])
        }
        let replay = runner.result(on: setup.machine)
        let shown = runner.machine.probe.second.findings
        return CheckResult(
            setup: setup,
            judgement: Judgement(
                manifest: shown, latent: possible, misuse: misuse, reports: overlaps.reports,
                history: profile.usesLinux ? MappingHistory(setup.program) : nil,
                profile: profile),
            replay: replay,
            watchedBytes: bytes, remarks: kernel.remarks + overlaps.remarks)
    }
}
