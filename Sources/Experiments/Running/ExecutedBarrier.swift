import MemoryModel
import Operations

extension Barrier {
    /// What a processor of an architecture does for this barrier: where it has no such option, the full one.
    ///
    /// ARMv7-A has no barriers of loads: their encodings are reserved, and reserved ones act as `SY`, which software
    /// must not rely on (DDI 0406C A8.8.43, A8.8.44). Before ARMv7 barriers are CP15 operations, and in ARMv7-M
    /// there is `SY` alone. Decision 0006 says why none of this is an error.
    func executed(on architecture: MachineConfiguration.Architecture) -> Barrier {
        switch architecture {
        case .arm64: self
        case .arm32v7: accesses == .loads ? Barrier(instruction) : self
        case .arm32v5, .arm32v6, .armv7m: Barrier(instruction)
        }
    }
}
