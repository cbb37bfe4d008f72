import Experiments
import Foundation

/// How much of the bundled workloads tests run.
enum Scale {
    /// Whether all of them run as they are.
    static var isWhole: Bool { ProcessInfo.processInfo.environment["STALELINE_COMPARE"] == "all" }

    /// All of them with `STALELINE_COMPARE=all`; else one pass of each loop, and transfers of 64 bytes.
    static var shape: WorkloadShape {
        isWhole
            ? WorkloadShape() : WorkloadShape(size: 64, passes: 1)
    }
}
