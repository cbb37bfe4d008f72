import Foundation
import Hazards
import Testing

@testable import Soak

/// The detector's use: correct drivers are left in peace, and what is wrong with the others is found.
///
/// `STALELINE_SEEDS` says how many drivers; each gets one fault.
@Suite("Faults in random drivers are found")
struct SimulationTests {
    static let shares: UInt64 = 4

    static var seeds: UInt64 {
        ProcessInfo.processInfo.environment["STALELINE_SEEDS"].flatMap { UInt64($0) } ?? 2_000
    }

    @Test("Nothing is found without a fault; a fault with an effect is found")
    func faults() async throws {
        let last = Self.seeds
        let subject = try RandomMachines.subject()
        let tally = await withTaskGroup(of: SimulationTally.self) { group in
            for share in 1...Self.shares {
                group.addTask {
                    var tally = SimulationTally()
                    for seed in stride(from: share, through: last, by: Int(Self.shares)) {
                        tally.run(seed, subject)
                        if tally.failures.count >= 3 { break }
                    }
                    return tally
                }
            }
            return await group.reduce(into: SimulationTally()) { $0.add($1) }
        }
        for failure in tally.failures { Issue.record("\(failure)") }
        print(tally)
        #expect(tally.cut * 100 <= tally.drivers, "the searches reach their ends")
        // A device that nobody sends reads what is there; the replay knows of one moment alone (manifest H04).
        #expect(tally.feared * 100 <= tally.faults, "\(tally.feared) of \(tally.faults)")
        #expect(
            tally.effective * 100 >= tally.faults * 40, "\(tally.effective) of \(tally.faults)")
        // A few drivers are not a sample of all of them.
        guard last >= 2_000 else { return }
        for kind in Fault.Kind.allCases {
            #expect(tally.effects[kind, default: 0] > 0, "no fault \(kind) has had an effect")
        }
        for kind in RandomDriver.Kind.allCases {
            #expect(tally.kinds[kind, default: 0] > 0, "no fault in \(kind) has had an effect")
        }
    }
}

/// What became of some drivers.
struct SimulationTally: CustomStringConvertible {
    var drivers = 0
    var faults = 0
    /// Faults for which there is a schedule that goes wrong.
    var effective = 0
    /// Faults that have no effect, and of which a rule of the API is broken.
    var misused = 0
    /// Faults of which the search knows nothing: what a register says too late, what no copy has brought to or from a
    /// bounce buffer.
    var beyond = 0
    /// Faults that have no effect, and of which the detector says that something may go, or goes, wrong.
    var feared = 0
    /// Searches that ended at their bound and found nothing before.
    var cut = 0
    /// Faults of each kind, and those with an effect.
    var tried: [Fault.Kind: Int] = [:]
    var effects: [Fault.Kind: Int] = [:]
    /// Faults with an effect in drivers of each kind.
    var kinds: [RandomDriver.Kind: Int] = [:]
    var failures: [String] = []
    /// Hazards of which the search knows nothing.
    static let codesBeyond: Set<HazardCode> = [.h07, .h24]
    /// Seeds of faults of which the detector says too much.
    var fearedSeeds: [UInt64] = []

    var description: String {
        func percent(_ part: Int, _ whole: Int) -> String {
            whole == 0 ? "-" : "\(part * 1000 / whole / 10).\(part * 1000 / whole % 10) %"
        }
        let each = Fault.Kind.allCases.map {
            "\($0) \(effects[$0, default: 0]) of \(tried[$0, default: 0])"
        }
        return """
            simulation: \(drivers) drivers, \(faults) faults, \(effective) with an effect \
            (\(percent(effective, faults))); without one: \(misused) break a rule, \
            \(beyond) are beyond the search, \
            \(feared) (\(percent(feared, faults))) have a manifest or latent finding; \
            \(cut) searches cut
            \(each.joined(separator: ", "))
            feared: \(fearedSeeds.prefix(12).map(String.init).joined(separator: " "))
            """
    }

    mutating func add(_ other: SimulationTally) {
        drivers += other.drivers
        faults += other.faults
        effective += other.effective
        misused += other.misused
        beyond += other.beyond
        feared += other.feared
        cut += other.cut
        tried.merge(other.tried, uniquingKeysWith: +)
        effects.merge(other.effects, uniquingKeysWith: +)
        kinds.merge(other.kinds, uniquingKeysWith: +)
        failures += other.failures
        fearedSeeds += other.fearedSeeds
    }

    /// Makes the driver of a seed, judges it, breaks it, and judges it again.
    mutating func run(_ seed: UInt64, _ subject: SoakSubject) {
        let outcome = DriverOutcome(seed: seed, subject)
        drivers += 1
        cut += outcome.searchesCut
        if let (program, flaw) = outcome.flawed {
            let difference = SoakDifference(
                reducing: program, flaw, subject, kind: .drivers, isChosen: true)
            failures.append(difference.text())
        }
        guard let fault = outcome.fault, let judged = outcome.judged else { return }
        faults += 1
        tried[fault.kind, default: 0] += 1
        guard outcome.hasEffect else {
            let bytes = judged.findings.filter { $0.verdict != .misuse }
            if !bytes.isEmpty, bytes.allSatisfy({ Self.codesBeyond.contains($0.code) }) {
                beyond += 1
            } else if !bytes.isEmpty {
                feared += 1
                fearedSeeds.append(seed)
            } else if !judged.findings.isEmpty {
                misused += 1
            }
            return
        }
        effective += 1
        effects[fault.kind, default: 0] += 1
        kinds[outcome.driver.kind, default: 0] += 1
    }
}
