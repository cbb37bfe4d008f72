import Hazards
import Operations
import Statistics
import Traces

/// A program as the operations that it comes down to, and what judges of them need to know.
struct LoweredProgram {
    let profile: HazardProfile
    /// The mappings that the program declares.
    let map: MemoryMap
    /// The bytes that devices can touch.
    let watch: WatchList
    /// The operations, in the order of the trace.
    let steps: [LoweredStep]

    /// Runs a program and keeps its operations.
    ///
    /// - Throws: where the program cannot be run.
    init(_ setup: Setup) throws(TraceErrors) {
        profile = setup.hazardProfile
        map = setup.declaredMap
        watch = try setup.watchList(map)
        var runner = try ProgramRunner(setup, probe: CountersProbe(), keepingStepsFor: watch)
        try runner.run()
        steps = runner.steps
    }
}
