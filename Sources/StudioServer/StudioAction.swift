import DMAMapping
import Experiments
import Machines
import MemoryModel
import Operations
import Reports
import Stepping
import Traces

/// What can be done with the trace that a request carries.
enum StudioAction: String, CaseIterable {
    /// Says what is wrong with it.
    case check = "/api/check"
    /// Runs it, and tells every step.
    case run = "/api/run"
    /// Costs the strategies.
    case compare = "/api/compare"
    /// Costs the strategies over the size of a transfer.
    case sweep = "/api/sweep"
    /// Tells the life of a byte.
    case life = "/api/life"
    /// Gives its text, of a binary one the text that it would have.
    case open = "/api/open"
    /// Shows a lesson.
    case lesson = "/api/lesson"
    /// Judges an answer to a lesson.
    case grade = "/api/grade"
}

extension Studio {
    /// The most accesses and operations of a trace that is run for a page.
    static let operationLimit: UInt64 = 1 << 18
    /// The most steps that a page is told.
    static let stepLimit = 40_000
    /// The sizes of a sweep.
    static let sweepSizes: [UInt64] = [64, 256, 1_024, 4_096, 16_384, 65_536]

    /// Does what a request asks for.
    func perform(_ action: StudioAction, _ request: HTTPRequest) -> HTTPResponse {
        do {
            switch action {
            case .check: return try checked(request)
            case .run: return try ran(request)
            case .compare: return try compared(request)
            case .sweep: return try swept(request)
            case .life: return try life(request)
            case .open: return try opened(request)
            case .lesson: return try lesson(request)
            case .grade: return try graded(request)
            }
        } catch let errors as TraceErrors {
            return Self.faulty(errors)
        } catch let refusal as HTTPRefusal {
            return Self.refused(refusal)
        } catch {
            return Self.refused(HTTPRefusal(422, "\(error)"))
        }
    }

    // MARK: Reading

    private static let file = "trace.slt"

    private func program(_ request: HTTPRequest) throws -> Program {
        guard !request.body.contains(0) else {
            throw HTTPRefusal(422, "found a byte 0, expected the text of a trace")
        }
        return try NativeParser.parse(request.body, file: Self.file)
    }

    /// The trace of a request on the machine that it chooses, that it declares, or on zynq7000.
    private func setup(_ request: HTTPRequest) throws -> Setup {
        let program = try program(request)
        var name = request.query["machine"].flatMap { $0.isEmpty ? nil : $0 }
        let isChosen = name != nil
        var line = 0
        var overrides: [(key: String, value: String)] = []
        var sets: [(line: Int, key: String, value: String)] = []
        for statement in program.statements {
            guard case .declaration(let declaration) = statement.body else { continue }
            if case .machine(let declared) = declaration, name == nil {
                name = declared
                line = Int(statement.line)
            }
            if case .set(let key, let value) = declaration {
                overrides.append((key, value))
                sets.append((Int(statement.line), key, value))
            }
        }
        let kernel = try request.query["kernel"].flatMap { text in
            text.isEmpty ? nil : try self.kernel(text)
        }
        do {
            let entry = try machines.find(name ?? "zynq7000")
            let machine = try MachineDescription.parse(
                yaml: entry.text, file: entry.file, overrides: overrides)
            return try Setup(
                program, file: Self.file, machine: machine.configuration, kernel: kernel)
        } catch let errors as TraceErrors {
            throw errors
        } catch {
            if isChosen, error is UnknownMachine { throw HTTPRefusal(400, "\(error)") }
            if let entry = try? machines.find(name ?? "zynq7000") {
                try blame(sets, entry)
            }
            throw TraceErrors([
                TraceError(
                    file: Self.file, line: line, found: "machine \(name ?? "zynq7000")",
                    expected: "what a machine can be: \(error)")
            ])
        }
    }

    /// Names the first `set` that by itself makes the machine one that cannot be.
    private func blame(
        _ sets: [(line: Int, key: String, value: String)], _ entry: MachineCatalogue.Entry
    ) throws {
        for (line, key, value) in sets {
            do {
                _ = try MachineDescription.parse(
                    yaml: entry.text, file: entry.file, overrides: [(key, value)])
            } catch {
                throw TraceErrors([
                    TraceError(
                        file: Self.file, line: line, found: "set \(key)=\(value)",
                        expected: "what a machine can be: \(error)")
                ])
            }
        }
    }

    private func kernel(_ text: String) throws -> KernelEra {
        do { return try KernelEra(parsing: text) } catch {
            throw HTTPRefusal(
                400, "found the kernel \(text.prefix(40)), expected a version as 6.12, or none")
        }
    }

    /// A setup that is not too long to be run while somebody waits.
    private func bounded(_ request: HTTPRequest) throws -> Setup {
        let setup = try setup(request)
        guard setup.size <= Self.operationLimit else {
            throw TraceErrors([
                TraceError(
                    file: Self.file, line: 0,
                    found: "\(setup.size) accesses and operations with loops unrolled",
                    expected: "at most \(Self.operationLimit) in the studio; the commands take more"
                )
            ])
        }
        return setup
    }

    private func session(_ request: HTTPRequest) throws -> TraceSession {
        let session = try TraceSession(
            bounded(request), source: String(decoding: request.body, as: UTF8.self))
        guard session.count <= Self.stepLimit else {
            throw TraceErrors([
                TraceError(
                    file: Self.file, line: 0, found: "\(session.count) steps",
                    expected: "at most \(Self.stepLimit) to be drawn")
            ])
        }
        return session
    }

    // MARK: Doing

    private func checked(_ request: HTTPRequest) throws -> HTTPResponse {
        let setup = try setup(request)
        return Self.json(
            .object([
                ("schema", .string("staleline.accepted/1")),
                ("machine", .string(setup.machine.name)), ("kernel", .string("\(setup.kernel)")),
                ("statements", .count(setup.program.statements.count)),
                ("operations", .count(setup.size)),
            ]))
    }

    private func ran(_ request: HTTPRequest) throws -> HTTPResponse {
        Self.json(StepsFilm(try session(request)).json)
    }

    private func compared(_ request: HTTPRequest) throws -> HTTPResponse {
        let report = CompareReport(try Compare.run(bounded(request)))
        return Self.json(
            .object([
                ("schema", .string("staleline.studio-compare/1")),
                ("conclusion", .string(report.conclusion)), ("costs", report.costs.json),
                ("causes", report.causes.json), ("chart", .string(report.svg)),
                ("text", .string(report.text)),
            ]))
    }

    private func swept(_ request: HTTPRequest) throws -> HTTPResponse {
        let setup = try bounded(request)
        let sweep = try Workers.wait {
            try await Compare.sweep(
                setup, over: SweepAxis(.size, values: Self.sweepSizes), jobs: 1)
        }
        let report = SweepReport(sweep)
        return Self.json(
            .object([
                ("schema", .string("staleline.studio-compare/1")),
                ("conclusion", .string(report.conclusion)), ("costs", report.table.json),
                ("chart", .string(report.svg)), ("text", .string(report.text)),
            ]))
    }

    private func life(_ request: HTTPRequest) throws -> HTTPResponse {
        guard let text = request.query["address"], let address = UInt64(text, radix: 16) else {
            throw HTTPRefusal(400, "expected address=HEX, as 10000040")
        }
        let session = try session(request)
        let life = session.biography(of: address, to: session.count)
        return Self.json(
            .object([("name", .string(life.name)), ("text", .string(life.text))]))
    }

    private func opened(_ request: HTTPRequest) throws -> HTTPResponse {
        let program: Program
        switch TraceFormat.recognise(request.body) {
        case .nativeBinary:
            let count = try request.body.withUnsafeBytes {
                try BinaryReader($0, file: "upload").statementCount
            }
            // A small file can stand for many statements.
            guard count <= Self.operationLimit else {
                throw HTTPRefusal(
                    422, "found \(count) statements, expected at most \(Self.operationLimit)")
            }
            program = try BinaryReader.read(request.body, file: "upload")
        case .native:
            _ = try self.program(request)
            return Self.json(
                .object([("text", .string(String(decoding: request.body, as: UTF8.self)))]))
        case let other:
            throw HTTPRefusal(
                422,
                "found \(other.map { "a trace of format \($0.name)" } ?? "no trace that is known"), "
                    + "expected a native trace (.slt or .sltb); `staleline convert IN OUT.slt` makes one"
            )
        }
        return Self.json(.object([("text", .string(try NativeWriter.text(program)))]))
    }

    private func lesson(_ request: HTTPRequest) throws -> HTTPResponse {
        let name = request.query["lesson"] ?? ""
        guard let lesson = try lessons?.lesson(name) else {
            throw HTTPRefusal(404, "there is no lesson \(name.prefix(80))")
        }
        return Self.json(lesson)
    }

    private func graded(_ request: HTTPRequest) throws -> HTTPResponse {
        let name = request.query["lesson"] ?? ""
        let number = request.query["question"].flatMap { Int($0) } ?? 1
        let grade = try lessons?.grade(
            lesson: name, question: number, answer: request.body, limit: Self.operationLimit)
        guard let grade else {
            throw HTTPRefusal(404, "there is no question \(number) of a lesson \(name.prefix(80))")
        }
        return Self.json(grade)
    }
}
