extension SchemaFolder {
    /// What is wrong with a document by the schema of a file, each with its place; empty: nothing.
    public func faults(of document: JSON, by file: String) -> [String] {
        guard let schema = files[file] else { return ["there is no schema \(file)"] }
        return faults(document, schema, file, "")
    }

    /// What is wrong with a document by the schema that it names.
    public func faults(of document: JSON) -> [String] {
        guard let file = Self.file(of: document) else { return ["it names no schema"] }
        return faults(of: document, by: file)
    }

    private func faults(
        _ value: JSON, _ schema: JSON, _ file: String, _ place: String
    ) -> [String] {
        if case .bool(let isAllowed) = schema {
            return isAllowed ? [] : ["\(place): nothing may stand here"]
        }
        var found: [String] = []
        if let reference = schema["$ref"]?.text, let target = resolve(reference, from: file) {
            found += faults(value, target.schema, target.file, place)
        }
        if let type = schema["type"], !(type.list ?? [type]).contains(where: { value.is($0.text) })
        {
            // What it has inside is of no interest then.
            return found + ["\(place): expected \(type), found \(value.short)"]
        }
        if let allowed = schema["enum"]?.list, !allowed.contains(value) {
            found.append("\(place): \(value.short) is none of \(allowed.map(\.short))")
        }
        if let constant = schema["const"], constant != value {
            found.append("\(place): expected \(constant.short), found \(value.short)")
        }
        if let variants = schema["oneOf"]?.list {
            let each = variants.map { faults(value, $0, file, place) }
            let fits = each.count { $0.isEmpty }
            if fits != 1 {
                let least = each.min { $0.count < $1.count } ?? []
                found.append("\(place): fits \(fits) of \(variants.count) forms; \(least)")
            }
        }
        switch value {
        case .object(let members): found += faults(members, schema, file, place)
        case .array(let items): found += faults(items, schema, file, place)
        case .number(let number):
            if let least = schema["minimum"]?.value, number < least {
                found.append("\(place): \(number) is less than \(least)")
            }
            if let most = schema["maximum"]?.value, number > most {
                found.append("\(place): \(number) is more than \(most)")
            }
        case .string(let text):
            if let pattern = schema["pattern"]?.text, let expression = try? Regex(pattern),
                text.firstMatch(of: expression) == nil
            {
                found.append("\(place): “\(text)” does not match \(pattern)")
            }
        default: break
        }
        return found
    }

    private func faults(
        _ members: [String: JSON], _ schema: JSON, _ file: String, _ place: String
    ) -> [String] {
        var found: [String] = []
        for name in schema["required"]?.list ?? [] where members[name.text ?? ""] == nil {
            found.append("\(place): lacks \(name.short)")
        }
        let properties = schema["properties"]?.members ?? [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let inner = "\(place)/\(name)"
            if let names = schema["propertyNames"] {
                found += faults(.string(name), names, file, "\(inner) (its name)")
            }
            if let property = properties[name] {
                found += faults(value, property, file, inner)
            } else if let others = schema["additionalProperties"] {
                found += faults(value, others, file, inner)
            }
        }
        return found
    }

    private func faults(
        _ items: [JSON], _ schema: JSON, _ file: String, _ place: String
    ) -> [String] {
        var found: [String] = []
        if let least = schema["minItems"]?.value, Double(items.count) < least {
            found.append("\(place): has \(items.count) items, fewer than \(least)")
        }
        if let most = schema["maxItems"]?.value, Double(items.count) > most {
            found.append("\(place): has \(items.count) items, more than \(most)")
        }
        let first = schema["prefixItems"]?.list ?? []
        for (index, item) in items.enumerated() {
            let inner = "\(place)/\(index)"
            if index < first.count {
                found += faults(item, first[index], file, inner)
            } else if let rest = schema["items"] {
                found += faults(item, rest, file, inner)
            }
        }
        return found
    }
}

extension JSON {
    /// Whether the value is of a type, as schemas name it.
    fileprivate func `is`(_ type: String?) -> Bool {
        switch (self, type) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"),
            (.array, "array"), (.object, "object"):
            true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }

    /// The value for a sentence.
    fileprivate var short: String { String("\(self)".prefix(80)) }
}
