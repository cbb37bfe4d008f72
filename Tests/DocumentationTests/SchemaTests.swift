import Foundation
import JSONSchemas
import Testing

/// What the commands write is what `docs/schema` publishes.
@Suite("Published schemas")
struct SchemaTests {
    /// A script that leaves documents of one schema in its folder, as `*.json`.
    struct Row: Sendable, CustomTestStringConvertible {
        var schema: String
        /// What the documents are of.
        var what: String
        var script: String
        /// How many documents there are at least.
        var count = 1

        var testDescription: String { "\(schema): \(what)" }
    }

    @Test("The documents of the commands follow them", arguments: rows)
    func documents(_ row: Row) throws {
        let scratch = try Scratch()
        let folder = try scratch.folder("work")
        let end = try Shell.run(
            ["-c", Self.words + row.script], in: folder,
            environment: ["root": Shell.root.path, "NO_COLOR": "1"])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") }.sorted()
        #expect(names.count >= row.count, "\(names) \(end.errors)")
        let schemas = try SchemaFolder.published.get()
        for name in names {
            let text = try scratch.text("work/\(name)")
            guard let document = try? JSON(text) else {
                Issue.record("\(name): no JSON: \(text.prefix(200)); \(end.errors)")
                continue
            }
            #expect(document["schema"]?.text == "staleline.\(row.schema)", "\(name)")
            for fault in schemas.faults(of: document) { Issue.record("\(name)\(fault)") }
        }
    }

    /// What scripts can say: `traces PATTERN COMMAND…` runs a command on every trace whose name matches.
    private static let words = """
        T=$root/Traces rx=$root/Traces/demo/rx-no-sync.slt log=$root/Traces/real/dma-armhf-virt-6.12.95.ftrace.txt.zst
        on='--machine zynq7000 --kernel 6.12'
        traces() { local p=$1 f; shift; for f in $T/$p; do "$@" "$f" --json >"$(basename "$f").json"; done; }

        """

    private static let rows: [Row] = [
        Row(
            schema: "check/1", what: "traces",
            script: """
                traces 'demo/*.slt' staleline check
                traces 'litmus/API-h2*.violates.slt' staleline check $on
                traces 'litmus/LIB*.slt' staleline check
                traces 'litmus/REF-h03-cores*.slt' staleline check
                traces 'dmadebug/E0[1-9].raises.slt' staleline check $on
                traces 'corpus/tfa*.slt' staleline check
                traces 'programs/pl330-ring/*.sltb' staleline check --elf $T/programs/pl330-ring/violates.elf
                """, count: 20),
        Row(
            schema: "check/1", what: "kernel logs",
            script: """
                staleline check $log --machine am5728 --json >one.json
                staleline check $T/real/dma-vexpress*.zst --machine zynq7000 --kernel 6.12 --json >two.json
                { echo 'cpu-1 [000] ..... 1.000000: dma_unmap_page: eth0 dir=FROM_DEVICE dma_addr=1000 size=64 attrs='
                  echo 'cpu-1 [000] ..... 2.000000: dma_map_page: eth0 dir=TO_DEVICE dma_addr=2000 size=64 phys_addr=2000 attrs='
                  echo 'cpu-1 [000] ..... 3.000000: dma_unmap_page: eth0 dir=TO_DEVICE dma_addr=2000 size=32 attrs='
                  echo 'cpu-1 [000] ..... 4.000000: dma_map_page: eth0 dir=TO_DEVICE dma_addr=3000 size=64 phys_addr=3000 attrs=NEW'
                } >log; staleline check log --machine zynq7000 --json >three.json
                """, count: 3),
        Row(
            schema: "fix/1", what: "traces",
            script: """
                staleline fix $rx --json >mended.json
                staleline fix $rx --edits 1 --json >one.json
                staleline fix $T/litmus/API-h14.safe.slt $on --json >nothing.json
                staleline fix $T/litmus/API-h14.violates.slt $on --states 0 --json >unproved.json
                """, count: 4),
        Row(
            schema: "prove/1", what: "traces",
            script: """
                staleline prove $rx --json >wrong.json
                staleline prove $rx --states 10 --json >bound.json
                staleline prove $T/litmus/API-h14.safe.slt $on --json >right.json
                """, count: 3),
        Row(
            schema: "compare/1", what: "traces and a kernel log",
            script: """
                staleline compare $rx --json >rx.json
                staleline compare $T/workloads/net-receive.slt --size 128 --strategies streaming,copy-break,coherent-port \\
                    --no-sensitivity --json >victim.json
                staleline compare $log --machine am5728 --json >log.json
                """, count: 3),
        Row(
            schema: "compare-sweep/1", what: "sizes",
            script:
                "staleline compare $rx --strategies coherent,streaming --sweep size=64..256 --json >a.json"
        ),
        Row(
            schema: "compare-machines/1", what: "two machines",
            script: """
                staleline compare $T/workloads/spi-small.slt --machines am335x,zynq7000 --strategies coherent,streaming \\
                    --no-sensitivity --json >a.json
                """),
        Row(
            schema: "replay/1", what: "machines with and without time",
            script: """
                staleline replay $rx --json >rx.json
                staleline replay $T/litmus/REF-h03-cores-bare.violates.slt --machine rpi5 --json >cores.json
                staleline replay $T/validation/rk3399-frame-coherent.slt --json >spans.json
                staleline replay $T/programs/pl330-ring/fixed.sltb --elf $T/programs/pl330-ring/fixed.elf --json >elf.json
                printf 'i 1000 4\\nr 2000 4\\nw 203e 4\\n' >t.xdin
                staleline replay t.xdin --plain --l1d 1K,2,32 --json >small.json
                staleline replay t.xdin --plain --l1d 1K,2,32 --l1i 1K,2,32 --l2 8K,4,32 --straddle once --json >plain.json
                """, count: 6),
        Row(
            schema: "samples/1", what: "perf mem",
            script: """
                printf '# comment\\n1,1,0x10,0x1000,4,0x142,a:b\\n1,1,0x14,0x2000,400,0x1042,a:b\\n' >t
                staleline replay t --format perf-mem --json >a.json
                """),
        Row(
            schema: "sweep/1", what: "counts, times, findings, strategies",
            script: """
                printf 'r 2000 4\\nw 203e 4\\nr 2000 4\\n' >t.xdin
                staleline sweep t.xdin --plain --l1d-size 1K,2K --l1d-ways 2 --l1d-line 32 --json >plain.json
                staleline sweep t.xdin --machine zynq7000,rpi5 --l1d-size 8K..16K --json >time.json
                staleline sweep $rx --check --machine zynq7000,rpi4 --json >check.json
                staleline sweep $T/workloads/spi-small.slt --strategies --machine am335x --l1d-size 8K --json >strategies.json
                """, count: 4),
        Row(
            schema: "sweep/1", what: "samples",
            script: """
                for i in {1..2000}; do printf 'i %x 4\\nr %x 4\\nw %x 4\\n' $((i * 4 % 4096)) $((i * 36)) $((i * 64 % 8192)); done >t.xdin
                staleline sweep t.xdin --plain --l1d-sets 64,256 --l1d-ways 1,2 --l1d-line 32 --sample-sets 1/2 --json >sets.json
                staleline sweep t.xdin --plain --l1d 2K,2,32 --l1i 1K,2,32 --l2-size 8K,16K --l2-ways 4 --l2-line 32 \\
                    --sample-intervals 100/400 --json >counted.json
                staleline sweep t.xdin --machine zynq7000,rpi5 --l1d-size 8K..16K --sample-intervals 100/400 --json >time.json
                staleline sweep t.xdin --machine zynq7000 --l1d-size 8K --sample-intervals 1000/3000 --json >few.json
                """, count: 4),
        Row(
            schema: "sweep-plan/2", what: "a plan",
            script: """
                echo 'r 2000 4' >t.xdin
                staleline sweep plan t.xdin --machine zynq7000 --l1d-size 8K..16K --shards 2 -o plan.json
                """),
        Row(
            schema: "sweep-analysis/1", what: "grids",
            script: """
                for i in {1..400}; do printf 'r %x 4\\nw %x 4\\n' $((i * 36)) $((i * 64 % 2048)); done >t.xdin
                staleline sweep t.xdin --plain --l1d-size 1K..4K --l1d-ways 1,2 --l1d-line 32 -o a.db >/dev/null
                staleline sweep report a.db --analysis --json >grid.json
                staleline sweep report a.db -o file.json >/dev/null
                staleline sweep t.xdin --machine zynq7000 --set l2.size=128K,256K -o b.db >/dev/null
                staleline sweep report b.db --analysis --json >alike.json
                staleline sweep report b.db --analysis --json --metric records >records.json
                staleline sweep $T/workloads/spi-small.slt --strategies --machine am335x \
                    --l1d-size 16K,32K -o c.db >/dev/null
                staleline sweep report c.db --analysis --json \
                    --metric strategies.partial-sync.elapsedNs >hyphen.json
                """, count: 5),
        Row(
            schema: "explain/1", what: "every hazard and check, and the list",
            script: """
                staleline explain --json >list.json
                for code in $(staleline explain | grep -oE '^ *[HE][0-9]+[a-z]?\\b'); do staleline explain $code --json >$code.json; done
                """, count: 60),
        Row(
            schema: "call/1", what: "calls, a barrier, a library's function",
            script: """
                staleline explain dma_map_single --json >map.json
                staleline explain dma_unmap_single --machine kirkwood --coherent --json >coherent.json
                staleline explain writel --json >writel.json
                staleline explain wmb --machine rpi4 --json >wmb.json
                staleline explain SCB_CleanDCache_by_Addr --library-version 5.4 --json >library.json
                """, count: 5),
        Row(
            schema: "machines/1", what: "the list",
            script: "staleline machines --json >a.json"),
        Row(
            schema: "machine/1", what: "every machine",
            script: """
                for file in $root/configs/*.yaml; do name=$(basename $file .yaml); staleline machines $name --json >$name.json; done
                """, count: 20),
        Row(
            schema: "convert/1", what: "a trace and a log",
            script: """
                printf 'i 1000 4\\nr 2000 4\\n' >t.xdin
                staleline convert t.xdin t.lackey --json 2>lackey.json
                staleline convert $log t.slt --kernel 6.12 --json 2>log.json
                """, count: 2),
        Row(
            schema: "merge/1", what: "by marks",
            script: """
                printf 'staleline 1\\nmachine zynq7000\\ndevice eth0 noncoherent\\nbuffer rx 0x10000000 64\\nmark dma:next\\n' >t.slt
                echo 'cpu-1 [000] ..... 1.0: dma_map_page: eth0 dir=TO_DEVICE dma_addr=10000000 size=64 phys_addr=10000000 attrs=' >log
                staleline merge t.slt log -o both.slt --json 2>a.json
                """),
        Row(
            schema: "capture/1", what: "a program",
            script: """
                # In QEMU's place: what the plugin leaves.
                cat >emulator <<'end'
                #!/bin/bash
                for word in "$@"; do case $word in *,out=*)
                    trace=${word#*,out=}; trace=${trace%%,*}; summary=${word#*,summary=}; summary=${summary%%,*};; esac; done
                printf 'staleline 1\\nld 0x1000 4\\n' >"$trace"
                printf 'records 1\\nbytes 24\\nloads 1\\nerror 0\\n' >"$summary"
                end
                chmod +x emulator; : >plugin
                staleline capture -o t.sltb --qemu ./emulator --plugin plugin --json -- \\
                    $root/Tests/SymbolsTests/Data/arm32.elf 2>a.json
                """),
        Row(
            schema: "learn/1", what: "the list, answers, the course",
            script: """
                staleline learn --list --json >list.json
                echo 0x11 | staleline learn 2 --question 1 --answer - --json >right.json
                echo 0x22 | staleline learn 2 --question 1 --answer - --json >wrong.json
                mkdir course; printf -- '---\\ntitle: T\\n---\\n' >course/01-a.md
                staleline learn --check course --json >broken.json
                """, count: 4),
        Row(
            schema: "soak/1", what: "programs",
            script: "staleline soak --programs 4 --json >a.json"),
        Row(
            schema: "steps/1", what: "films",
            script: """
                staleline report $rx -o rx.json
                staleline report $T/litmus/REF-h03-cores-bare.violates.slt --machine rpi4 -o cores.json
                staleline report $T/lessons/15-cores.slt -o lesson.json
                """, count: 3),
    ]

    /// What StudioSchemaTests holds to its schema, and ValidationPageTests, where all rows are worked out anyway.
    private static let elsewhere = [
        "validate/1", "studio/1", "accepted/1", "errors/1", "refusal/1", "studio-compare/1",
    ]

    @Test("Every name in the sources has a schema, and the other way round; all are tried")
    func names() throws {
        var named: Set<String> = []
        let sources = Shell.root.appendingPathComponent("Sources")
        let paths = FileManager.default.enumerator(atPath: sources.path)?.allObjects ?? []
        for case let path as String in paths where path.hasSuffix(".swift") {
            let text = try Shell.text("Sources/\(path)")
            for match in text.matches(of: #/staleline\.([a-z-]+/[0-9]+)/#) {
                named.insert(String(match.1))
            }
        }
        let files = try SchemaFolder.published.get().files
        let published = Set(files.values.compactMap { $0["title"]?.text?.dropFirst(10) })
        #expect(named == Set(published.map(String.init)))
        #expect(Set(Self.rows.map(\.schema) + Self.elsewhere) == named)
        for (name, schema) in files {
            let title = try #require(schema["title"]?.text)
            #expect(SchemaFolder.file(of: .object(["schema": .string(title)])) == name)
            #expect(schema["$schema"]?.text == "https://json-schema.org/draft/2020-12/schema")
        }
    }

    @Test("The list has every file, and every file says what its members are")
    func list() throws {
        let list = try Shell.text("docs/schema/README.md")
        for (name, schema) in try SchemaFolder.published.get().files.sorted(by: { $0.key < $1.key })
        {
            let title = try #require(schema["title"]?.text)
            #expect(list.contains("| `\(title)` | [\(name)](\(name)) | "), "\(name)")
            #expect(schema["description"]?.text?.isEmpty == false, "\(name)")
            for fault in Self.undescribed(schema, at: name) { Issue.record("\(fault)") }
        }
    }

    /// Whether the page names the object at this place as one that goes by names from outside.
    private static func isOpen(_ place: String) -> Bool {
        let page = (try? Shell.text("docs/schema/README.md")) ?? ""
        let reasons = page.components(separatedBy: "\n\n").first { $0.hasPrefix("They are strict") }
        let name = place.split(separator: "/").last {
            $0 != "additionalProperties" && $0 != "items"
        }
        return reasons?.contains("`\(name ?? "")`") ?? false
    }

    /// Members without a description, objects that are not closed, and names of any form without a reason.
    private static func undescribed(_ schema: JSON, at place: String) -> [String] {
        guard let members = schema.members else { return [] }
        var found: [String] = []
        let types = (schema["type"]?.list ?? [schema["type"] ?? .null]).map(\.text)
        if types.contains("object"), schema["additionalProperties"] == nil {
            found.append("\(place): an object that says nothing of other members")
        }
        if let others = schema["additionalProperties"], others != .bool(false),
            schema["propertyNames"] == nil, schema["properties"] == nil,
            !isOpen(place)
        {
            found.append("\(place): any name, and docs/schema/README.md does not say why")
        }
        if schema["additionalProperties"] == .bool(true) {
            found.append("\(place): members of any kind")
        }
        for (name, property) in members["properties"]?.members ?? [:] {
            let isPlain = property["description"] != nil || property["$ref"] != nil
            let isFixed = property["const"] != nil || property["type"]?.text == "null"
            let isForm = property.members == nil || place.hasSuffix("/oneOf")
            if !isPlain, !isFixed, !isForm {
                found.append("\(place)/\(name): no description")
            }
        }
        for (name, value) in members where !["enum", "const", "required"].contains(name) {
            for part in value.list ?? [value] {
                if name == "properties" || name == "$defs" {
                    for (inner, schema) in part.members ?? [:] {
                        found += undescribed(schema, at: "\(place)/\(inner)")
                    }
                } else if part.members != nil {
                    found += undescribed(part, at: "\(place)/\(name)")
                }
            }
        }
        return found
    }
}
