import MemoryModel
import Traces

/// Every published measurement that there is a row for.
public struct ValidationSuite {
    private var times: TraceTimes

    /// Makes a suite.
    ///
    /// - Parameters:
    ///   - trace: Reads a file of `Traces/validation` by its name.
    ///   - machine: Finds a machine and sets what the measurement changed on it.
    public init(
        trace: @escaping (String) throws -> [UInt8],
        machine: @escaping (MachineVariant) throws -> MachineConfiguration
    ) {
        times = TraceTimes(text: trace, machine: machine)
    }

    /// All rows, in the order in which they are printed.
    static let recipes: [RowRecipe] =
        Rows.mailThread + Rows.checkBuffer + Rows.clearBuffer + Rows.programs
        + Rows.videoFrame + Rows.camera + Rows.platforms
        + FrameBuffer.all.flatMap(\.recipes) + FrameBuffer.widthLaw
        + CachedLatency.tables.flatMap(\.recipes)
        + Rows.loopBack + Rows.ports + Rows.controller
        + Rows.batchedSync + Rows.maintenance

    /// Runs rows.
    ///
    /// - Parameters:
    ///   - names: Which; a name means all rows that it begins, up to a blank. Empty: all.
    ///   - machines: On which machines. Empty: on all.
    /// - Returns: the rows in their order.
    /// - Throws: what is wrong with a trace or a machine; a name that no row has.
    public mutating func rows(
        names: [String] = [], machines: [String] = []
    ) throws -> [ValidationRow] {
        for name in names where !Self.recipes.contains(where: { $0.matches(name) }) {
            throw UnknownRow(name: name)
        }
        var rows: [ValidationRow] = []
        for recipe in Self.recipes {
            if !names.isEmpty, !names.contains(where: recipe.matches) { continue }
            if !machines.isEmpty {
                let machine = try recipe.machine ?? times.variant(of: recipe.traces[0])
                if !machines.contains(machine.name) { continue }
            }
            rows.append(
                ValidationRow(
                    row: recipe.row, traces: recipe.traces, predicted: try recipe.predict(&times)))
        }
        return rows
    }

    /// What each calibrated parameter comes out as from what it was calibrated on.
    ///
    /// - Parameter names: Which; empty: all. A name is that of a machine or of a trace.
    /// - Returns: a line for each.
    /// - Throws: what is wrong with a trace or a machine.
    public mutating func calibrations(of names: [String] = []) throws -> [DerivedParameter] {
        var result: [DerivedParameter] = []
        for calibration in Calibration.all {
            if !names.isEmpty, !names.contains(calibration.place.name) { continue }
            result.append(
                DerivedParameter(
                    calibration: calibration, derived: try calibration.derive(&times)))
        }
        return result
    }
}

extension ValidationSuite {
    /// The machine of a calibrated parameter, with what its trace sets.
    ///
    /// - Parameter place: Where the parameter stands.
    /// - Returns: the machine.
    /// - Throws: what is wrong with the trace.
    public mutating func variant(of place: Calibration.Place) throws -> MachineVariant {
        switch place {
        case .machine(let name): MachineVariant(name)
        case .trace(let name): try times.variant(of: name)
        }
    }

    /// The traces of the rows whose accesses are made by the program: loads at random bytes, that no line of a trace can say.
    ///
    /// - Parameter names: Of which rows; empty: of all.
    /// - Returns: file names and texts.
    /// - Throws: what is wrong with a machine; a name that no row has.
    public func generatedTraces(
        names: [String] = []
    ) throws -> [(name: String, text: String)] {
        for name in names where !Self.recipes.contains(where: { $0.matches(name) }) {
            throw UnknownRow(name: name)
        }
        var traces: [(name: String, text: String)] = []
        for recipe in Self.recipes where recipe.traces.isEmpty {
            if !names.isEmpty, !names.contains(where: recipe.matches) { continue }
            for table in CachedLatency.tables {
                let machine = try times.configuration(table.machine)
                guard let text = table.trace(of: recipe.row.id, on: machine) else { continue }
                let name = recipe.row.id.replacing(" ", with: "-")
                traces.append(("\(name).slt", text))
            }
        }
        return traces
    }
}

/// A name that no row has.
public struct UnknownRow: Error, Sendable, CustomStringConvertible {
    /// The name.
    public var name: String

    /// What is wrong, and what may be asked for.
    public var description: String {
        "no row is called \(name); expected the name of one, as V1 or Z, or all rows of a group, as \"T1\""
    }
}
