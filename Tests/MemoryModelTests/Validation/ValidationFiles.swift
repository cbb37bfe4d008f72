import Foundation
import Machines
import MemoryModel

@testable import Experiments

/// The machines and traces of `staleline validate`, from the checkout.
enum ValidationFiles {
    static let traces = RealMachines.root.appendingPathComponent("Traces/validation")

    static func description(
        _ variant: MachineVariant
    ) throws -> MachineDescription {
        let path = RealMachines.root.appendingPathComponent("configs/\(variant.name).yaml")
        return try MachineDescription.parse(
            yaml: try String(contentsOf: path, encoding: .utf8), file: variant.name,
            overrides: variant.overrides.map { ($0.key, $0.value) })
    }

    static func suite() -> ValidationSuite {
        ValidationSuite(
            trace: { name in Array(try Data(contentsOf: traces.appendingPathComponent(name))) },
            machine: { try description($0).configuration })
    }

    static func times() -> TraceTimes {
        TraceTimes(
            text: { name in Array(try Data(contentsOf: traces.appendingPathComponent(name))) },
            machine: { try description($0).configuration })
    }
}

/// What `staleline validate` predicts and derives, run once for all tests that look at it: groups of rows and places of
/// parameters side by side.
actor ValidationResults {
    static let shared = ValidationResults()

    /// The letters of the groups, in the order of the rows.
    static let groups = ["L", "Z", "V", "M", "U", "W", "T", "D", "B", "S"]
    /// Where calibrated parameters stand, in their order.
    static let places = Calibration.all.map(\.place.name).reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
    }

    private var rows: [String: Task<[ValidationRow], any Error>] = [:]
    private var parameters: [String: Task<[DerivedParameter], any Error>] = [:]

    /// The rows of a group.
    func rows(_ group: String) async throws -> [ValidationRow] {
        let task =
            rows[group]
            ?? Task.detached {
                var suite = ValidationFiles.suite()
                return try suite.rows(names: [group])
            }
        rows[group] = task
        return try await task.value
    }

    /// The calibrated parameters of a machine or a trace.
    func parameters(_ place: String) async throws -> [DerivedParameter] {
        let task =
            parameters[place]
            ?? Task.detached {
                var suite = ValidationFiles.suite()
                return try suite.calibrations(of: [place])
            }
        parameters[place] = task
        return try await task.value
    }
}
