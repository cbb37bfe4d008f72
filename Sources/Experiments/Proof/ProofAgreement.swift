import Hazards
import Traces

/// Both answers to one program: what the may-analysis finds, and whether the search finds a schedule.
///
/// The foundation of the detector is that the one finds something if and only if the other does. They were written
/// apart, and share the lowered operations alone.
public struct ProofAgreement: Sendable {
    /// What the may-analysis finds, but for polls that never end (H38): such a one reads no byte that it must not
    /// read, so that there is nothing that a schedule could show.
    public var latent: [Finding]
    /// What the search finds.
    public var proof: ProofResult

    /// Whether one of them finds something and the other, which came to its end, does not.
    public var differs: Bool {
        latent.isEmpty ? proof.fault != nil : proof.isProved
    }

    /// Asks both.
    ///
    /// - Parameters:
    ///   - setup: Program, machine, kernel.
    ///   - bounds: How far the search goes.
    /// - Returns: what both say.
    /// - Throws: where the program cannot be run.
    public static func judge(
        _ setup: Setup, bounds: ProofBounds = ProofBounds()
    ) throws(TraceErrors) -> ProofAgreement {
        let lowered = try LoweredProgram(setup)
        let latent = LatentStream.judge(
            lowered.steps, profile: lowered.profile, watch: lowered.watch, map: lowered.map)
        let proof = Prove.search(
            lowered.steps, profile: lowered.profile, architecture: setup.machine.architecture,
            map: lowered.map, bounds: bounds)
        return ProofAgreement(latent: latent.findings.filter { $0.code != .h38 }, proof: proof)
    }
}
