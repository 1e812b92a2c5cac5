/**
 * Which public names have no doc comment. Public is what the given index files export, and of exported classes, interfaces and objects each member that
 * users can reach. Overloads share a comment; constructors are told by the comment of their class. The compiler finds where a name is declared.
 */
import path from 'node:path';
import ts from 'typescript';

/** The index files of the packages that users install. */
export const publicIndexes = ['libs/millrace/src/index.ts', 'libs/test-driver/src/index.ts'];

/** Each undocumented name as `file:line Name.member`; `options` replaces those of the tree. */
export function undocumented(root, indexes = publicIndexes, options = compilerOptions(root)) {
  const program = ts.createProgram(
    indexes.map((index) => path.join(root, index)),
    options,
  );
  const checker = program.getTypeChecker();
  const faults = indexes.flatMap((index) => {
    const file = program.getSourceFile(path.join(root, index));
    const names = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
    return names.flatMap((name) => faultsOf(checker, name));
  });
  return [...new Set(faults.map(({ node, name }) => `${positionOf(root, node)} ${name}`))];
}

/** The options of the tree. */
export function compilerOptions(root) {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.base.json'), ts.sys.readFile);
  return { ...ts.convertCompilerOptionsFromJson(config.compilerOptions, root).options, noEmit: true };
}

function faultsOf(checker, exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = symbol.declarations ?? [];
  const own = isTold(symbol) || declarations.length === 0 ? [] : [{ node: declarations[0], name: exported.name }];
  return [...own, ...declarations.flatMap((node) => memberFaults(checker, node, exported.name))];
}

function memberFaults(checker, node, owner) {
  const symbols = membersOf(node).flatMap((member) =>
    isPublic(member) ? [checker.getSymbolAtLocation(member.name)] : [],
  );
  return [...new Set(symbols)]
    .filter((symbol) => symbol !== undefined && !isTold(symbol))
    .map((symbol) => ({ node: symbol.declarations[0], name: `${owner}.${symbol.name}` }));
}

/** Members of a class, an interface, a type, or of the object that a constant is. */
function membersOf(node) {
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) return node.members;
  if (ts.isTypeAliasDeclaration(node) && ts.isTypeLiteralNode(node.type)) return node.type.members;
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return [];
  const value = ts.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer;
  return ts.isObjectLiteralExpression(value) ? value.properties : [];
}

function isPublic(member) {
  if (member.name === undefined || ts.isPrivateIdentifier(member.name)) return false;
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}

/** Has a comment at one of its declarations: tags alone, such as `@internal`, say nothing to a user. */
function isTold(symbol) {
  return symbol.getDocumentationComment(undefined).length > 0;
}

function positionOf(root, node) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return `${path.relative(root, file.fileName)}:${line + 1}`;
}
