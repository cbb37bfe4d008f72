import Foundation
import Hazards
import MemoryModel
import Operations
import Statistics
import Testing
import Traces

@testable import Experiments

/// The detector's foundation: the may-analysis finds a hazard if and only if the search finds a schedule.
///
/// `STALELINE_SEEDS` says how many traces; each difference is reduced and told with its seed.
@Suite("The may-analysis and the search agree")
struct FoundationTests {
    static let shares = 4

    static var seeds: UInt64 {
        ProcessInfo.processInfo.environment["STALELINE_SEEDS"].flatMap { UInt64($0) } ?? 5_000
    }

    @Test("Both find something, or neither does", arguments: 0..<UInt64(shares))
    func agreement(_ share: UInt64) throws {
        var reported = 0
        for seed in stride(from: share + 1, through: Self.seeds, by: Self.shares) {
            let trace = RandomTrace(seed: seed)
            guard let found = try Foundation.judge(trace), found.differs else { continue }
            reported += 1
            Issue.record("\(try Foundation.reduce(trace))")
            if reported == 3 { return }
        }
    }
}

/// Both answers to a trace.
struct Foundation {
    var trace: RandomTrace
    var latent: [Finding]
    var proof: ProofResult

    var differs: Bool { latent.isEmpty != (proof.fault == nil) }

    static func judge(_ trace: RandomTrace) throws -> Foundation? {
        guard let program = try? NativeParser.parse(Array(trace.text.utf8), file: "random") else {
            return nil
        }
        guard
            let setup = try? Setup(
                program, file: "random",
                machine: RandomMachines.machine(trace.profile.machine),
                kernel: .init(parsing: trace.profile.kernel))
        else { return nil }
        let profile = setup.hazardProfile
        var map = MemoryMap()
        for mapping in setup.declaredMappings { map.insert(mapping) }
        guard let watch = try? setup.watchList(map),
            var runner = try? ProgramRunner(
                setup, probe: CountersProbe(), keepingStepsFor: watch)
        else { return nil }
        do { try runner.run() } catch { return nil }
        let latent = LatentStream.judge(
            runner.steps, profile: profile, watch: watch, map: map)
        // A poll that never ends (H38) reads no byte that it must not read: nothing a schedule could show.
        let findings = latent.findings.filter { $0.code != .h38 }
        let proof = Prove.search(
            runner.steps, profile: profile, architecture: setup.machine.architecture, map: map)
        return Foundation(trace: trace, latent: findings, proof: proof)
    }

    /// Leaves out statements as long as both still differ.
    static func reduce(_ trace: RandomTrace) throws -> String {
        var smallest = trace
        var changed = true
        while changed {
            changed = false
            for place in smallest.body.indices.reversed() {
                var candidate = smallest
                candidate.body.remove(at: place)
                if try judge(candidate)?.differs == true {
                    smallest = candidate
                    changed = true
                    break
                }
            }
        }
        guard let found = try judge(smallest) else { return "\(trace)" }
        let latent = found.latent.map {
            "  latent \($0.code.rawValue) at \($0.record): \($0.detail)"
        }
        let proof = found.proof.schedule.map { "  \($0.record): \($0.text)" }
        return
            "\(smallest)\(latent.joined(separator: "\n"))\nschedule:\n\(proof.joined(separator: "\n"))"
    }
}
