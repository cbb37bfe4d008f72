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
    /// What engines have moved that read descriptors by themselves: of each statement that starts one, for each pass.
    var moves: [Int: [[DeviceOperation]]] = [:]
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
        let map = setup.declaredMap
        if setup.size > ProgramFit.judgedLimit,
            let error = ProgramFit.sizeError(
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
                    found: "\(bytes) bytes that devices, DMA calls or cores out of coherence share",
                    expected: "at most \(WatchList.limit) bytes to judge in one run")
            ])
        }
        let run = try Run(setup, profile: profile, watch: watch, map: map)
        var rules = APIRules(profile: profile)
        var owners = OwnershipRules(profile: profile, unreachable: run.failures)
        var broken =
            rules.run(setup.outline, unreachable: run.failures)
            + owners.run(
                setup.program, outline: setup.outline, watch: watch, map: map,
                moves: run.moves)
        var memory = DeviceMemoryRules(profile: profile, map: map)
        broken += memory.run(setup.program) + run.setWay
        broken += SharedBlocks(profile: profile).run(try setup.smallBuffers())
        if profile.usesLinux { broken += ListRules().run(setup.outline) }
        let kernel = setup.kernelReports
        let overlaps = setup.overlaps(
            kernel.reports, shared: Set(broken.filter { $0.code == .h19 }.map(\.record)))
        // What bounces has lines of its own.
        let misuse = broken.filter {
            $0.code != .h19 || kernel.bounced.isDisjoint(with: [$0.record, $0.writeRecord])
        }
        return CheckResult(
            setup: setup,
            judgement: Judgement(
                manifest: run.shown, latent: run.possible, misuse: misuse,
                reports: overlaps.reports,
                history: profile.usesLinux ? MappingHistory(setup.outline) : nil,
                profile: profile),
            replay: run.replay,
            watchedBytes: bytes, remarks: kernel.remarks + overlaps.remarks, moves: run.moves)
    }
}
