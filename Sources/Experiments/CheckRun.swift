import Events
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

extension Check {
    /// What one run of a program shows: what went wrong, what may, what it took.
    struct Run {
        var replay: ReplayResult
        var shown: [Finding] = []
        var possible: [Finding] = []
        /// What rules about maintenance by set and way find.
        var setWay: [Finding] = []
        /// What engines have moved that read descriptors by themselves: of each statement that starts one, for each pass.
        var moves: [Int: [[DeviceOperation]]]
        var failures: [FailedMap]

        /// Runs a program.
        ///
        /// - Parameters:
        ///   - setup: It, and on what.
        ///   - profile: The same for the detectors.
        ///   - watch: The bytes that devices can touch. Without any nothing can go wrong, and nobody listens.
        ///   - map: The mappings that the program declares.
        /// - Throws: where the program cannot be run.
        init(
            _ setup: Setup, profile: HazardProfile, watch: WatchList, map: MemoryMap
        ) throws(TraceErrors) {
            guard watch.count > 0 else {
                var runner = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: nil)
                try runner.run()
                replay = runner.result(on: setup.machine)
                failures = runner.failures
                moves = runner.moves
                return
            }
            let routines = try setup.lowering().profile.inner
            let mayUseSetWay = setup.outline.statements.contains { statement in
                guard case .operation(_, let operation) = statement.body else { return false }
                return SetWayRules.mayMatter(operation, kernel: routines)
            }
            let rules = mayUseSetWay ? SetWayRules(profile: profile, watch: watch) : nil
            // What engines do that read descriptors by themselves is put between the steps when it is known.
            let isWhole = !setup.outline.layouts.isEmpty
            var runner = try ProgramRunner(
                setup,
                probe: ProbePair(CountersProbe(), ManifestDetector(profile: profile, watch: watch)),
                keepingStepsFor: watch,
                in: isWhole
                    ? nil
                    : LatentStream(
                        profile: profile, watch: watch, map: map,
                        operations: setup.deviceOperations, rules: rules))
            try runner.run()
            replay = runner.result(on: setup.machine)
            failures = runner.failures
            shown = runner.machine.probe.second.findings
            moves = runner.moves
            if let found = runner.stream?.finish() {
                (possible, setWay) = found
            } else {
                (possible, setWay) = LatentStream.judge(
                    runner.steps, profile: profile, watch: watch, map: map, rules: rules)
            }
        }
    }
}

extension Setup {
    /// How many operations each device does, loops unrolled and interrupts left out, by its number.
    var deviceOperations: [UInt64] {
        var counts = [UInt64](repeating: 0, count: Agent.maximumDevices)
        var multiples: [UInt64] = [1]
        for statement in outline.statements {
            let multiple = multiples.last ?? 1
            switch statement.body {
            case .repeatBegin(let count):
                let (product, overflow) = multiple.multipliedReportingOverflow(by: count)
                multiples.append(overflow ? .max : product)
            case .spanBegin: multiples.append(multiple)
            case .end: if multiples.count > 1 { multiples.removeLast() }
            case .operation(let agent, .device(let device)) where device.kind != .interrupt:
                let (sum, overflow) = counts[agent.index].addingReportingOverflow(multiple)
                counts[agent.index] = overflow ? .max : sum
            default: break
            }
        }
        return counts
    }
}
